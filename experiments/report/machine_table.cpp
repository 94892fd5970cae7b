// Machine, build and cells: the distinct values in the records.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "records/analysis.h"
#include "report/tables.h"

namespace attnlab {

Table make_machine_table(const std::vector<Json>& records) {
  Table table{"machine", "Machine, build and cells", {{"", "what", false}, {"", "value", false}}, {}, ""};
  const auto distinct = [&](const char* path) {
    std::vector<std::string> found;
    for (const Json& record : records)
      if (const std::string text = text_at(record, path);
          !text.empty() && std::find(found.begin(), found.end(), text) == found.end())
        found.push_back(text);
    return found.empty() ? TableCell::none("not recorded")
                         : TableCell(fmt::format("{}", fmt::join(found, "; ")));
  };
  for (const auto& [label, path] :
       std::initializer_list<std::pair<const char*, const char*>>{{"CPU", "machine.cpu"},
                                                                  {"cores", "machine.cores"},
                                                                  {"row code", "machine.level"},
                                                                  {"oneDNN", "machine.onednn_version"},
                                                                  {"oneDNN level", "machine.onednn_level"},
                                                                  {"path", "machine.path"},
                                                                  {"compiler", "build.compiler"},
                                                                  {"flags", "build.flags"},
                                                                  {"build", "build.type"},
                                                                  {"git revision", "build.git_revision"},
                                                                  {"uncommitted changes", "build.git_dirty"},
                                                                  {"threads", "cell.threads"},
                                                                  {"batch", "cell.batch"},
                                                                  {"heads", "cell.heads"},
                                                                  {"kv heads", "cell.kv_heads"},
                                                                  {"head dim", "cell.head_dim"},
                                                                  {"head dim of V", "cell.head_dim_v"},
                                                                  {"dtypes", "cell.dtype"},
                                                                  {"queries", "cell.seqlen_q"},
                                                                  {"keys (n)", "cell.seqlen_k"},
                                                                  {"inputs", "input.name"},
                                                                  {"seed", "cell.seed"},
                                                                  {"variants", "variant"}})
    table.rows.push_back({std::string(label), distinct(path)});
  table.rows.push_back({std::string("started"), records.front().at("started_at").get<std::string>()});
  return table;
}

}  // namespace attnlab
