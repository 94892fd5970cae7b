#include "attnlab/inputs/input_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/random/normal_distribution.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/fnv.h"
#include "attnlab/core/splitmix.h"
#include "attnlab/inputs/npy.h"
#include "attnlab/inputs/npz.h"
#include "attnlab/inputs/safetensors.h"

namespace attnlab {

namespace {

constexpr InputInfo infos[] = {
    {"gaussian", "sigma >= 0 (1)", "normal q, k, v; scaled_dot logits have standard deviation sigma", ""},
    {"needle", "delta (6)", "one key has logit delta for every query; the other logits are N(0, 1)",
     "Velickovic et al., arXiv:2410.01104"},
    {"npy:PREFIX", "",
     "PREFIX_q.npy, PREFIX_k.npy, PREFIX_v.npy: (heads, n, d) or (batch, heads, n, d) floats", ""},
    {"FILE.npz", ":(Q,K,V) names of arrays (q, k, v)", "the same arrays in one file of numpy.savez", ""},
    {"FILE.safetensors", ":(Q,K,V) names of tensors (q, k, v)", "the same in one .safetensors file", ""},
};

/// The finite number in `name(number)`; `otherwise` if there are no parentheses.
double parameter_of(std::string_view text, std::string_view name, double lowest, double otherwise) {
  if (text == name) return otherwise;
  double value = 0;
  const std::string_view inside = text.substr(name.size() + 1, text.size() - name.size() - 2);
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), value);
  if (!text.ends_with(')') || error != std::errc() || end != inside.data() + inside.size() ||
      !std::isfinite(value) || value < lowest || std::abs(value) > 1e6)
    throw ArgumentError(
        "input", text, "the parameter is not a number in range",
        fmt::format("{}(number) with a number from {:g} to 1e6", name, std::max(lowest, -1e6)));
  return value;
}

/// A random stream for each (seed, tensor, batch, head, row), usable by Boost's distributions.
class RowStream {
 public:
  using result_type = std::uint64_t;

  RowStream(std::uint64_t seed, std::initializer_list<std::int64_t> place) : stream_(seed) {
    for (const std::int64_t coordinate : place) stream_.mix(static_cast<std::uint64_t>(coordinate));
  }
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return stream_.next(); }

  /// Marsaglia and Tsang 2000 (ziggurat). Takes a quarter of the time of Box and Muller, which matters
  /// because inputs are made once a block.
  void fill_normal(std::span<float> row, double deviation) {
    boost::random::normal_distribution<double> normal(0, 1);
    for (float& value : row) value = static_cast<float>(deviation * normal(*this));
  }
  /// A whole number from 0 to count - 1.
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(stream_.uniform() * static_cast<double>(count));
  }

 private:
  SplitMix stream_;
};

/// Number of finite values that are infinite in the storage type.
std::int64_t overflowed(DType dtype, std::span<const float> row) {
  return std::count_if(row.begin(), row.end(), [&](float value) {
    return std::isfinite(value) && !std::isfinite(rounded_to(dtype, value));
  });
}

/// Returns the number of values that overflowed.
template <class Fill>
std::int64_t fill_rows(Tensor& tensor, Fill fill) {
  std::int64_t lost = 0;
  const MutableTensorView view = tensor.view();
  const std::int64_t rows = view.shape[0] * view.shape[1] * view.shape[2];
#pragma omp parallel reduction(+ : lost)
  {
    std::vector<float> row(static_cast<std::size_t>(view.shape[3]));
#pragma omp for schedule(static)
    for (std::int64_t at = 0; at < rows; ++at) {
      const std::int64_t i = at % view.shape[2];
      const std::int64_t h = at / view.shape[2] % view.shape[1];
      const std::int64_t b = at / view.shape[2] / view.shape[1];
      fill(b, h, i, row);
      write_row(view, b, h, i, row);
      lost += overflowed(view.dtype, row);
    }
  }
  return lost;
}

constexpr std::array<const char*, 3> tensor_suffixes{"_q.npy", "_k.npy", "_v.npy"};

/// The dimensions (batch, heads, n, d) of a captured array.
Dims captured_dims(const StoredArray& array) {
  require_floats("input", array);
  Dims dims{1, 0, 0, 0};
  const auto shown = [&] { return fmt::format("{} of shape {}", array.name, fmt::join(array.shape, " x ")); };
  if (array.shape.size() != 3 && array.shape.size() != 4)
    throw ArgumentError("input", shown(), "wrong number of dimensions",
                        "(heads, n, d) or (batch, heads, n, d)");
  std::copy(array.shape.rbegin(), array.shape.rend(), dims.rbegin());
  for (const std::int64_t size : dims)
    if (size < 1) throw ArgumentError("input", shown(), "the array is empty", "sizes of at least 1");
  return dims;
}

void require_equal(const std::string& input, std::string_view what, std::int64_t a, std::int64_t b) {
  if (a != b)
    throw ArgumentError("input", input, fmt::format("{} differ: {} and {}", what, a, b),
                        "files of one shape");
}

/// `option` was given as `asked`; the files hold `captured`.
void require_captured(const std::string& input, std::string_view option, std::int64_t asked,
                      std::int64_t captured) {
  if (asked != captured)
    throw ArgumentError(option, fmt::format("{}", asked),
                        fmt::format("the arrays of input {} have another size", input),
                        fmt::format("{}", captured));
}

}  // namespace

std::vector<InputInfo> input_infos() { return {std::begin(infos), std::end(infos)}; }

InputSource InputSource::parse(std::string_view text) {
  if (text.starts_with("npy:") && text.size() > 4) return {Kind::npy, 0, std::string(text.substr(4))};
  if (const std::optional<InputSource> archive = parse_archive(text)) return *archive;
  const std::string_view name = text.substr(0, text.find('('));
  if (name == "gaussian") return {Kind::gaussian, parameter_of(text, name, 0, 1)};
  if (name == "needle") return {Kind::needle, parameter_of(text, name, -1e6, 6)};
  throw unknown_name("input", text, name,
                     {"gaussian(sigma)", "needle(delta)", "npy:PREFIX", "FILE.npz", "FILE.safetensors"});
}

std::optional<InputSource> InputSource::parse_archive(std::string_view text) {
  for (const auto& [ending, kind] :
       {std::pair<std::string_view, Kind>{".npz", Kind::npz}, {".safetensors", Kind::safetensors}}) {
    if (text.ends_with(ending) && text.size() > ending.size())
      return InputSource(kind, 0, std::string(text), {"q", "k", "v"});
    const std::size_t at = text.rfind(std::string(ending) + ":");
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view list = text.substr(at + ending.size() + 1);
    const bool in_parentheses = list.size() > 2 && list.front() == '(' && list.back() == ')';
    std::vector<std::string> names;
    if (in_parentheses) {
      std::istringstream stream(std::string(list.substr(1, list.size() - 2)));
      for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
    }
    if (names.size() != 3 || std::count(names.begin(), names.end(), "") > 0 || list.ends_with(",)"))
      throw ArgumentError("input", text, "no three names follow the file",
                          fmt::format("FILE{} or FILE{}:(Q,K,V)", ending, ending));
    return InputSource(kind, 0, std::string(text.substr(0, at + ending.size())),
                       {names[0], names[1], names[2]});
  }
  return std::nullopt;
}

std::array<StoredArray, 3> InputSource::arrays() const {
  const auto open = [&](std::size_t which) {
    if (kind_ == Kind::npz) return open_npz("input", path_, names_[which]);
    if (kind_ == Kind::safetensors) return open_safetensors("input", path_, names_[which]);
    return open_npy("input", path_ + tensor_suffixes[which]);
  };
  return {open(0), open(1), open(2)};
}

std::string InputSource::name() const {
  switch (kind_) {
    case Kind::gaussian:
      return fmt::format("gaussian({})", parameter_);
    case Kind::needle:
      return fmt::format("needle({})", parameter_);
    case Kind::npy:
      return "npy:" + path_;
    case Kind::npz:
    case Kind::safetensors:
      return names_ == Names{"q", "k", "v"} ? path_ : fmt::format("{}:({})", path_, fmt::join(names_, ","));
  }
  return {};
}

std::optional<double> InputSource::gaussian_deviation() const {
  return kind_ == Kind::gaussian ? std::optional(parameter_) : std::nullopt;
}

std::optional<double> InputSource::needle_logit() const {
  return kind_ == Kind::needle ? std::optional(parameter_) : std::nullopt;
}

std::vector<std::string> InputSource::files() const {
  if (!is_captured()) return {};
  if (kind_ != Kind::npy) return {path_};
  std::vector<std::string> files;
  for (const char* suffix : tensor_suffixes) files.push_back(path_ + suffix);
  return files;
}

std::optional<CapturedShape> InputSource::captured_shape() const {
  if (!is_captured()) return std::nullopt;
  const std::array<StoredArray, 3> stored = arrays();
  const Dims q = captured_dims(stored[0]);
  const Dims k = captured_dims(stored[1]);
  const Dims v = captured_dims(stored[2]);
  require_equal(name(), "batch of Q and K", q[0], k[0]);
  require_equal(name(), "batch of K and V", k[0], v[0]);
  require_equal(name(), "heads of K and V", k[1], v[1]);
  require_equal(name(), "rows of K and V", k[2], v[2]);
  require_equal(name(), "head_dim of Q and K", q[3], k[3]);
  if (q[1] % k[1] != 0)
    throw ArgumentError("input", name(),
                        fmt::format("the heads of Q ({}) are no multiple of the heads of K ({})", q[1], k[1]),
                        "heads of K that divide the heads of Q");
  return CapturedShape{q[0], q[1], k[1], q[2], k[2], q[3], v[3]};
}

void InputSource::require_fits(const Problem& problem) const {
  if (kind_ == Kind::needle && problem.shape.head_dim < 2)
    throw ArgumentError("head-dim", fmt::format("{}", problem.shape.head_dim), "too small for input needle",
                        "at least 2");
  if (!is_captured()) return;
  const CapturedShape captured = *captured_shape();
  const Shape& shape = problem.shape;
  require_captured(name(), "batch", shape.batch, captured.batch);
  require_captured(name(), "heads", shape.heads, captured.heads);
  require_captured(name(), "kv-heads", shape.kv_heads, captured.kv_heads);
  require_captured(name(), "head-dim", shape.head_dim, captured.head_dim);
  require_captured(name(), "head-dim-v", shape.head_dim_v, captured.head_dim_v);
  if (shape.seqlen_q > captured.seqlen_q)
    throw ArgumentError("seqlen", fmt::format("{}", shape.seqlen_q),
                        fmt::format("Q of input {} has fewer rows", name()),
                        fmt::format("at most {}", captured.seqlen_q));
  if (shape.seqlen_k > captured.seqlen_k)
    throw ArgumentError("seqlen-k", fmt::format("{}", shape.seqlen_k),
                        fmt::format("K of input {} has fewer rows", name()),
                        fmt::format("at most {}", captured.seqlen_k));
}

QkvTensors InputSource::make(const Problem& problem, std::uint64_t seed) const {
  require_fits(problem);
  QkvTensors tensors{Tensor(problem.dtype, problem.shape.q()), Tensor(problem.dtype, problem.shape.k()),
                     Tensor(problem.dtype, problem.shape.v())};
  if (kind_ == Kind::gaussian) fill_gaussian(seed, tensors);
  if (kind_ == Kind::needle) fill_needle(problem.shape, seed, tensors);
  if (is_captured()) fill_captured(tensors);
  return tensors;
}

std::string QkvTensors::checksum() const {
  std::uint64_t hash = fnv1a_start;
  for (const Tensor* tensor : {&q, &k, &v})
    hash = fnv1a({tensor->view().data, static_cast<std::size_t>(tensor->bytes())}, hash);
  return fmt::format("{:016x}", hash);
}

std::int64_t QkvTensors::nonfinite() const {
  std::int64_t found = 0;
  for (const Tensor* tensor : {&q, &k, &v})
    for (const float value : read_all(tensor->view())) found += !std::isfinite(value);
  return found;
}

void InputSource::fill_gaussian(std::uint64_t seed, QkvTensors& tensors) const {
  const double deviation = std::sqrt(parameter_);
  tensors.overflowed += fill_rows(tensors.q, [&](auto b, auto h, auto i, auto& row) {
    RowStream(seed, {0, b, h, i}).fill_normal(row, deviation);
  });
  tensors.overflowed += fill_rows(tensors.k, [&](auto b, auto h, auto i, auto& row) {
    RowStream(seed, {1, b, h, i}).fill_normal(row, deviation);
  });
  tensors.overflowed += fill_rows(tensors.v, [&](auto b, auto h, auto i, auto& row) {
    RowStream(seed, {2, b, h, i}).fill_normal(row, 1);
  });
}

void InputSource::fill_needle(const Shape& shape, std::uint64_t seed, QkvTensors& tensors) const {
  const auto head_dim = static_cast<double>(shape.head_dim);
  const std::int64_t kv_heads = shape.kv_heads;
  for (std::int64_t at = 0; at < shape.batch * kv_heads; ++at)
    tensors.needles.push_back(RowStream(seed, {3, at / kv_heads, at % kv_heads}).below(shape.seqlen_k));
  const auto is_needle = [&](std::int64_t b, std::int64_t h, std::int64_t j) {
    return tensors.needles[static_cast<std::size_t>(b * kv_heads + h)] == j;
  };
  tensors.overflowed += fill_rows(tensors.q, [&](auto b, auto h, auto i, auto& row) {
    RowStream(seed, {0, b, h, i}).fill_normal(row, 1);
    row[0] = 0;
    // The logits of a row have standard deviation |q| / sqrt(d) if keys are N(0, 1).
    double square = 0;
    for (const float value : row) square += static_cast<double>(value) * static_cast<double>(value);
    for (float& value : row)
      value = static_cast<float>(static_cast<double>(value) * std::sqrt(head_dim / square));
    row[0] = 1;
  });
  tensors.overflowed += fill_rows(tensors.k, [&](auto b, auto h, auto j, auto& row) {
    RowStream(seed, {1, b, h, j}).fill_normal(row, is_needle(b, h, j) ? 0 : 1);
    row[0] = is_needle(b, h, j) ? static_cast<float>(parameter_ * std::sqrt(head_dim)) : 0.0F;
  });
  tensors.overflowed += fill_rows(tensors.v, [&](auto b, auto h, auto j, auto& row) {
    RowStream(seed, {2, b, h, j}).fill_normal(row, 1);
    row[0] = is_needle(b, h, j) ? 1.0F : 0.0F;
  });
}

void InputSource::fill_captured(QkvTensors& tensors) const {
  Tensor* const targets[] = {&tensors.q, &tensors.k, &tensors.v};
  const std::array<StoredArray, 3> stored = arrays();
  for (std::size_t which = 0; which < 3; ++which) {
    const Dims dims = captured_dims(stored[which]);
    const MutableTensorView view = targets[which]->view();
    for (std::int64_t b = 0; b < dims[0]; ++b)
      for (std::int64_t h = 0; h < dims[1]; ++h) {
        const Floats rows = read_floats("input", stored[which], (b * dims[1] + h) * dims[2] * dims[3],
                                        view.shape[2] * dims[3]);
        tensors.overflowed += rows.overflowed + overflowed(view.dtype, rows.values);
        for (std::int64_t i = 0; i < view.shape[2]; ++i)
          write_row(view, b, h, i,
                    std::span(rows.values)
                        .subspan(static_cast<std::size_t>(i * dims[3]), static_cast<std::size_t>(dims[3])));
      }
  }
}

}  // namespace attnlab
