// Compiled once for each instruction-set level: ATTNLAB_LEVEL is its name, and its namespace.
#include "attnlab/kernels/rows.h"

#include <limits>
#include <type_traits>
#include <variant>

#include "attnlab/kernels/elementwise.h"
#include "attnlab/kernels/lane.h"
#include "attnlab/kernels/level_tables.h"
#include "attnlab/kernels/online.h"
#include "attnlab/kernels/product.h"
#include "attnlab/kernels/quantised.h"
#include "attnlab/kernels/storage.h"
#include "attnlab/kernels/stored_rows.h"
#include "attnlab/kernels/threshold.h"
#include "attnlab/variants/modifiers/table.h"
#include "attnlab/variants/normalisers/table.h"

namespace attnlab::ATTNLAB_LEVEL {

namespace {

/// Calls `function` with the struct in the std::variant of a table, if `function` accepts it. std::visit, and
/// std::get_if for other members, would emit functions of namespace std.
template <std::size_t index = 0, class Table, class Function>
ATTNLAB_INLINE void with_member(const Table& table, Function function) {
  if constexpr (index < std::variant_size_v<Table>) {
    if constexpr (std::is_invocable_v<Function, const std::variant_alternative_t<index, Table>&>)
      if (const auto* member = std::get_if<index>(&table)) return function(*member);
    with_member<index + 1>(table, function);
  }
}

/// Normalisers of one kind.
template <class Member, NormaliserKind kind>
concept OfKind = Member::kind == kind;

template <class Member>
ATTNLAB_INLINE Member of_row(const Member& member, const LogitTile& tile, std::int64_t row) {
  if constexpr (requires { member.for_row(tile.facts[row]); })
    return member.for_row(tile.facts[row]);
  else
    return member;
}

/// `apply`: returns the new logit from the member of the row, the logit and the two positions.
template <class Member, class Apply>
ATTNLAB_INLINE void modify_rows(const Member& member, const LogitTile& tile, Apply apply) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const Member own = of_row(member, tile, row);
    const Lane query = Lane(static_cast<float>(tile.first_position + row));
    float* logits = tile.logits + row * tile.stride;
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      const Lane key = Lane(static_cast<float>(tile.first_key + j)) + Lane::iota();
      apply(own, Lane::load(logits + j), query, key).store(logits + j);
    }
  }
}

/// `apply`: the same of a whole row, of a member of the row, its logits and its position.
template <class Apply>
ATTNLAB_INLINE void modify_external_rows(const ExternalModifier& member, const LogitTile& tile, Apply apply) {
  for (std::int64_t row = 0; row < tile.rows; ++row)
    apply(of_row(member, tile, row), tile.logits + row * tile.stride,
          static_cast<float>(tile.first_position + row));
}

void modify(const Modifier& modifier, const LogitTile& tile) {
  with_member(modifier.member().value, [&]<class Member>(const Member& member) {
    if constexpr (std::is_same_v<Member, ExternalModifier>) {
      modify_external_rows(member, tile,
                           [&](const Member& own, float* logits, float query) ATTNLAB_INLINE_LAMBDA {
                             own.modify_row(logits, tile.columns, query, static_cast<float>(tile.first_key));
                           });
    } else if constexpr (ModifiesLogits<Member, double>) {
      static_assert(
          ModifiesLogits<Member, Lane>,
          "operator() of a modifier takes (Real logit, Real query, Real key) and returns Real, for any "
          "Real of variants/real.h");
      modify_rows(member, tile,
                  [](const Member& own, Lane logit, Lane query, Lane key)
                      ATTNLAB_INLINE_LAMBDA { return own(logit, query, key); });
    }
  });
}

void add_log_factor(const Modifier& modifier, const LogitTile& tile) {
  with_member(modifier.member().value, [&]<class Member>(const Member& member) {
    if constexpr (std::is_same_v<Member, ExternalModifier>) {
      modify_external_rows(
          member, tile, [&](const Member& own, float* logits, float query) ATTNLAB_INLINE_LAMBDA {
            own.add_log_factor_row(logits, tile.columns, query, static_cast<float>(tile.first_key));
          });
    } else if constexpr (HasFactor<Member, double>) {
      static_assert(HasFactor<Member, Lane>,
                    "log_factor of a modifier takes (Real query, Real key) and returns Real, for any Real of "
                    "variants/real.h");
      modify_rows(member, tile,
                  [](const Member& own, Lane logit, Lane query, Lane key)
                      ATTNLAB_INLINE_LAMBDA { return logit + own.log_factor(query, key); });
    }
  });
}

template <Activation activation>
ATTNLAB_INLINE Lane activate(Lane x) {
  if constexpr (activation == Activation::tanh)
    return tanh(x);
  else
    return select(x < Lane(0.0F), Lane(0.0F), x);
}

template <Activation activation>
void pairwise_rows(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
                   const LogitTile& tile) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* query = queries + row * net.hidden;
    for (std::int64_t j = 0; j < tile.columns; j += Lane::width) {
      Lane score = Lane(0.0F);
      if (net.hidden2 == 0) {
        for (std::int64_t unit = 0; unit < net.hidden; ++unit)
          score =
              score + Lane(net.out[unit]) *
                          activate<activation>(Lane(query[unit]) + Lane::load(keys + unit * keys_stride + j));
      } else {
        Lane layer[max_hidden];
        for (std::int64_t unit = 0; unit < net.hidden; ++unit)
          layer[unit] = activate<activation>(Lane(query[unit]) + Lane::load(keys + unit * keys_stride + j));
        for (std::int64_t unit = 0; unit < net.hidden2; ++unit) {
          const float* weights = net.second + unit * net.hidden;
          Lane sum = Lane(0.0F);
          for (std::int64_t t = 0; t < net.hidden; ++t) sum = sum + Lane(weights[t]) * layer[t];
          score = score + Lane(net.out[unit]) * activate<activation>(sum);
        }
      }
      score.store(tile.logits + row * tile.stride + j);
    }
  }
}

void pairwise(const PairwiseNet& net, const float* queries, const float* keys, std::int64_t keys_stride,
              const LogitTile& tile) {
  if (net.activation == Activation::tanh)
    pairwise_rows<Activation::tanh>(net, queries, keys, keys_stride, tile);
  else
    pairwise_rows<Activation::relu>(net, queries, keys, keys_stride, tile);
}

void weigh(const Normaliser& normaliser, const LogitTile& tile, const RowKeys* keys, DType dtype,
           void* weights, const SketchRows* sketches) {
  with_member(normaliser.member().value, [&](const OfKind<NormaliserKind::elementwise> auto& member) {
    weigh_tile(member, tile, keys, dtype, weights, sketches);
  });
}

/// Calls `function` with the struct that loads lanes and elements of a storage type.
template <class Function>
ATTNLAB_INLINE void with_storage(DType dtype, Function function) {
  if (dtype == DType::f32)
    function(StorageF32{});
  else if (dtype == DType::bf16)
    function(StorageBf16{});
  else
    function(StorageF16{});
}

/// Calls `function` with the row_threshold member, in the form that is near one (entmax.h) if it is. One of
/// the usual members is passed as a constant, so that innermost loops do not branch on its power.
template <std::size_t index = 0, class Member, class Function>
void with_constants(const Member& member, Function function) {
  if constexpr (requires { Member::usual; }) {
    if constexpr (index < std::size(Member::usual)) {
      constexpr Member constant{Member::usual[index]};
      if (member == constant) return function(constant);
      return with_constants<index + 1>(member, function);
    }
  }
  if constexpr (requires { member.near_one(); })
    if (member.is_near_one()) return function(member.near_one());
  function(member);
}
template <class Function>
void with_threshold(const Normaliser& normaliser, Function function) {
  with_member(normaliser.member().value, [&](const OfKind<NormaliserKind::row_threshold> auto& member) {
    with_constants(member, function);
  });
}

void absorb_threshold(const Normaliser& normaliser, const LogitTile& tile, const ThresholdRows& state) {
  const auto absorb = [&](const auto& member)
                          ATTNLAB_INLINE_LAMBDA { absorb_threshold_rows(member, tile, state); };
  with_threshold(normaliser, absorb);
}

void refine_threshold(const Normaliser& normaliser, std::int64_t rows, const float* queries,
                      const StoredRows& keys, const ThresholdRows& state) {
  with_storage(keys.dtype, [&](auto storage) {
    const auto refine = [&](const auto& member) ATTNLAB_INLINE_LAMBDA {
      refine_rows(member, storage, rows, queries, keys, state);
    };
    with_threshold(normaliser, refine);
  });
}

void solve_threshold(const Normaliser& normaliser, ThresholdRow* rows, std::int64_t count) {
  const auto solve = [&](const auto& member)
                         ATTNLAB_INLINE_LAMBDA { solve_threshold_rows(member, rows, count); };
  with_threshold(normaliser, solve);
}

void widen(const void* from, DType dtype, float* to, std::int64_t count) {
  with_storage(dtype, [&](auto storage) {
    std::int64_t c = 0;
    for (; c + Lane::width <= count; c += Lane::width) storage.load(from, c).store(to + c);
    for (; c < count; ++c) to[c] = storage.load_element(from, c);
  });
}

void narrow(const float* from, DType dtype, void* to, std::int64_t count) {
  with_storage(dtype, [&](auto storage) {
    std::int64_t c = 0;
    for (; c + Lane::width <= count; c += Lane::width) storage.store(Lane::load(from + c), to, c);
    for (; c < count; ++c) storage.store_element(from[c], to, c);
  });
}

void pair_rows(const StoredRows& rows, std::int64_t count, std::uint32_t* to) {
  for (std::int64_t row = 0; row < count; row += 2) {
    const auto* even = reinterpret_cast<const std::uint16_t*>(row_of(rows, row));
    const auto* odd = reinterpret_cast<const std::uint16_t*>(row_of(rows, row + 1));
    for (std::int64_t c = 0; c < rows.width; ++c)
      to[row / 2 * rows.width + c] = even[c] | static_cast<std::uint32_t>(odd[c]) << 16;
  }
}

bool widen_finite(const void* from, DType dtype, float* to, std::int64_t count) {
  const Lane largest = Lane(std::numeric_limits<float>::max());
  bool finite = true;
  with_storage(dtype, [&](auto storage) {
    std::int64_t c = 0;
    for (; c + Lane::width <= count; c += Lane::width) {
      const Lane value = storage.load(from, c);
      __builtin_prefetch(static_cast<const char*>(from) + c * size_bytes(dtype) + 4096);
      const Mask kept = abs(value) <= largest;
      finite = finite && stdx::all_of(kept);
      select(kept, value, Lane(0.0F)).store(to + c);
    }
    for (; c < count; ++c) {
      const float value = storage.load_element(from, c);
      const bool kept = __builtin_isfinite(value);
      finite = finite && kept;
      to[c] = kept ? value : 0.0F;
    }
  });
  return !finite;
}

void score_stored(const float* queries, const StoredRows& keys, std::int64_t count, float factor,
                  const LogitTile& tile) {
  with_storage(keys.dtype, [&](auto storage) {
    score_rows<Numbers>(storage, queries, keys.width, keys, count, factor, tile);
  });
}

bool finite_stored(const StoredRows& rows, std::int64_t count) {
  bool finite = true;
  with_storage(rows.dtype, [&](auto storage) {
    for (std::int64_t row = 0; row < count; ++row)
      finite = finite & are_finite(storage, row_of(rows, row), rows.width);
  });
  return finite;
}

void gather(const float* weights, const std::int32_t* numbers, std::int64_t count, const StoredRows& rows,
            float* output) {
  with_storage(rows.dtype,
               [&](auto storage) { gather_rows(storage, weights, numbers, count, rows, output); });
}

}  // namespace

const RowCode table{panel_width,
                    widen,
                    narrow,
                    widen_finite,
                    pack_transposed,
                    multiply,
                    multiply_pairs_of_level,
                    pair_rows,
                    modify,
                    add_log_factor,
                    pairwise,
                    absorb_online,
                    absorb_online_with_statistics,
                    measure_entropy,
                    measure_logits,
                    top_sums,
                    finish_online,
                    weigh,
                    absorb_threshold,
                    quantise_keys,
                    quantise_query,
                    approximate_of_level,
                    refine_threshold,
                    solve_threshold,
                    score_stored,
                    score_pairs_of_level,
                    finite_stored,
                    gather};

}  // namespace attnlab::ATTNLAB_LEVEL
