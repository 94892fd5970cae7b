#include "sweep/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

namespace attnlab {

namespace {

struct Contestant {
  Rounds rounds;
  Json record;
  std::string stopped;  ///< why sampling may stop; empty: it continues
  double spent_ms = 0;
  double measured_ms = 0;
  bool open = true;
};

class Group {
 public:
  Group(const std::vector<Cell>& cells, const StoppingRule& rule, const GroupReports& reports,
        const std::function<Measure()>& new_block)
      : cells_(cells),
        reports_(reports),
        new_block_(new_block),
        random_(std::random_device{}()),
        name_(fmt::format("{:016x}", random_())),
        contestants_(cells.size(), Contestant{Rounds(rule), {}, {}}) {}

  void measure() {
    std::vector<std::size_t> order(cells_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::int64_t block = 0;
         std::any_of(contestants_.begin(), contestants_.end(), [](const Contestant& c) { return c.open; });
         ++block) {
      measure_ = new_block_();
      std::shuffle(order.begin(), order.end(), random_);
      for (const std::size_t cell : order)
        if (contestants_[cell].open) visit(cell, block);
      close_stopped();
    }
  }

 private:
  /// Takes one sample of a cell and repeats it while it is disturbed and retries are left.
  void visit(std::size_t cell, std::int64_t block) {
    Contestant& contestant = contestants_[cell];
    if (!take(cell, block)) return;
    while (contestant.rounds.repeats_last()) {
      contestant.rounds.count_retry();
      if (!take(cell, block)) return;
    }
    contestant.stopped = contestant.rounds.stopped(contestant.spent_ms * 1e-3);
  }

  /// A precise cell stays open for a while if others are not precise yet: ratios need blocks that both have.
  void close_stopped() {
    const bool all = std::all_of(contestants_.begin(), contestants_.end(),
                                 [](const Contestant& c) { return !c.open || !c.stopped.empty(); });
    for (std::size_t cell = 0; cell < contestants_.size(); ++cell) {
      Contestant& contestant = contestants_[cell];
      if (!contestant.open || contestant.stopped.empty()) continue;
      if (!all && contestant.stopped == "precise" &&
          contestant.rounds.may_be_sampled_further(contestant.spent_ms * 1e-3))
        continue;
      contestant.record["time"] = contestant.rounds.to_json(contestant.stopped);
      if (const std::int64_t count = contestant.rounds.contaminated(); count > 0)
        contestant.record["warnings"].push_back(fmt::format("{} of {} samples are disturbed", count,
                                                            contestant.record["time"]["samples"].size()));
      close(cell, contestant.record);
    }
  }

  /// Closes the cell and returns false if the process gave no sample.
  bool take(std::size_t cell, std::int64_t block) {
    Contestant& contestant = contestants_[cell];
    reports_.begins(cells_[cell]);
    const bool first = contestant.record.is_null();
    Json answer = measure_(first ? Passes::all : Passes::time, cells_[cell]);
    contestant.spent_ms += answer.at("elapsed_ms").get<double>();
    if (answer.at("measured_ms").is_number())
      contestant.measured_ms += answer.at("measured_ms").get<double>();
    if (answer.at("status") != "ok") {
      close(cell, answer);
      return false;
    }
    RoundSample sample = round_sample_from_json(answer.at("time"));
    sample.block = block;
    const Disturbance& disturbance = sample.disturbance;
    fastest_calibration_ns_ = std::min(
        {fastest_calibration_ns_, disturbance.calibration_before_ns, disturbance.calibration_after_ns});
    sample.contaminated = disturbance_reasons(disturbance, sample.wall_ns, cells_[cell].problem.threads,
                                              fastest_calibration_ns_);
    contestant.rounds.add(std::move(sample));
    if (first) contestant.record = std::move(answer);
    return true;
  }

  void close(std::size_t cell, Json record) {
    contestants_[cell].open = false;
    record["group"] = name_;
    record["elapsed_ms"] = contestants_[cell].spent_ms;
    record["measured_ms"] = contestants_[cell].measured_ms;
    reports_.closes(cell, record);
  }

  const std::vector<Cell>& cells_;
  const GroupReports& reports_;
  const std::function<Measure()>& new_block_;
  std::mt19937_64 random_;
  const std::string name_;
  std::vector<Contestant> contestants_;
  Measure measure_;  ///< measures a cell in the launcher of the block
  double fastest_calibration_ns_ = std::numeric_limits<double>::infinity();
};

}  // namespace

void measure_group(const std::vector<Cell>& cells, const StoppingRule& rule, const GroupReports& reports,
                   const std::function<Measure()>& new_block) {
  Group(cells, rule, reports, new_block).measure();
}

void measure_group(const std::vector<Cell>& cells, const Limits& limits, const StoppingRule& rule,
                   const GroupReports& reports) {
  std::optional<Launcher> launcher;
  measure_group(cells, rule, reports, [&]() -> Measure {
    launcher.emplace(limits);
    return [&](Passes passes, const Cell& cell) { return launcher->run(passes, cell); };
  });
}

}  // namespace attnlab
