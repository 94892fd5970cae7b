// The contract of variants/real.h: the same small functions with double, with lanes of every level and with
// dual numbers.
#include "attnlab/variants/real.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "attnlab/variants/modifiers/table.h"
#include "attnlab/variants/variant.h"
#include "unit/real_functions.h"

namespace attnlab {

namespace baseline {
extern const LaneFunctions functions;
}
namespace avx2 {
extern const LaneFunctions functions;
}
namespace avx512 {
extern const LaneFunctions functions;
}
namespace avx512_bf16 {
extern const LaneFunctions functions;
}

const LaneFunctions& lane_functions(IsaLevel level) {
  switch (level) {
    case IsaLevel::baseline:
      return baseline::functions;
    case IsaLevel::avx2:
      return avx2::functions;
    case IsaLevel::avx512:
      return avx512::functions;
    case IsaLevel::avx512_bf16:
      return avx512_bf16::functions;
  }
  return baseline::functions;
}

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr double least_normal = std::numeric_limits<float>::min();

double ulp(double exact) {
  const float size = std::abs(static_cast<float>(exact));
  return static_cast<double>(std::nextafter(size, infinity)) - static_cast<double>(size);
}

/// The largest error of a Lane according to real.h; 0: rounded as in float32.
double allowed(const std::string& name, double x, double y, double exact, IsaLevel level) {
  if (name == "exp(x)" || name == "exp(-x)") return (level == IsaLevel::baseline ? 4 : 3) * ulp(exact);
  if (name == "log(x)") return 3 * ulp(exact);
  if (name == "tanh(x)") return std::abs(x) < 0.625 ? 3 * ulp(exact) : 2 * ulp(1);
  if (name == "logistic(x)")
    return 4 * ulp(exact) + (level == IsaLevel::baseline ? 2e-7 : 4e-8) * std::abs(x) * exact;
  if (name == "pow(x, y)" || name == "pow_of_share(x, y)")
    return 2e-7 * (1 + std::abs(y) + (x > 0 ? std::abs(y * std::log2(x)) : 0)) * exact;
  return 0;
}

/// Whether a result this small may be replaced by 0.
bool may_vanish(const std::string& name, double exact) {
  if (name == "exp(x)" || name == "exp(-x)" || name == "logistic(x)") return exact < std::exp(-86.98);
  if (name == "pow(x, y)" || name == "pow_of_share(x, y)") return exact < std::exp2(-125);
  return false;
}

bool in_domain(const std::string& name, double x, double y) {
  if (name == "pow(x, y)") return !(x < 0) && !(x == 0 && std::signbit(x)) && std::isfinite(y);
  if (name == "pow_of_share(x, y)") return x >= least_normal && x <= 1 && y >= 0 && y < 100;
  return true;
}

struct Points {
  std::vector<float> x, y;
};

/// Every pair of extreme numbers, and numbers of all sizes.
Points points() {
  const std::vector<float> extremes{0,
                                    -0.0F,
                                    1,
                                    -1,
                                    1e-40F,
                                    -1e-40F,
                                    1.17549435e-38F,
                                    -1.17549435e-38F,
                                    3.4028235e38F,
                                    -3.4028235e38F,
                                    infinity,
                                    -infinity,
                                    std::numeric_limits<float>::quiet_NaN(),
                                    0.5F,
                                    0.75F,
                                    2.5F,
                                    -2.5F,
                                    7,
                                    8388607.5F,
                                    -8388608.5F,
                                    1e9F,
                                    88.7F,
                                    88.8F,
                                    -86.9F,
                                    -87.4F,
                                    -103,
                                    0.625F,
                                    20};
  Points all;
  for (const float x : extremes)
    for (const float y : extremes) {
      all.x.push_back(x);
      all.y.push_back(y);
    }
  std::mt19937 bits(7);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> exponent(-130, 130);
  for (int t = 0; t < 20000; ++t) {
    const float scale = t % 2 == 0 ? 1.0F : std::exp2(exponent(bits));
    all.x.push_back(scale * normal(bits));
    all.y.push_back((t % 4 < 2 ? 1.0F : 20.0F) * normal(bits));
  }
  for (int t = 0; t < 20000; ++t) {
    all.x.push_back(0.005F * static_cast<float>(t - 18000));
    all.y.push_back(1.5F);
  }
  while (all.x.size() % 16 != 0) {
    all.x.push_back(1);
    all.y.push_back(1);
  }
  return all;
}

TEST(Real, LanesOfEveryLevelAgreeWithDouble) {
  const Points given = points();
  std::vector<float> got(given.x.size());
  for (const IsaLevel level : supported_isa_levels())
    for_each_function([&](std::size_t index, auto function) {
      const std::string name = function.name;
      lane_functions(level).value(index, given.x, given.y, got.data());
      for (std::size_t t = 0; t < got.size(); ++t) {
        const auto x = static_cast<double>(given.x[t]);
        const auto y = static_cast<double>(given.y[t]);
        if (!in_domain(name, x, y)) continue;
        const double exact = function(x, y);
        const float rounded = static_cast<float>(exact);
        const auto value = static_cast<double>(got[t]);
        if (std::isnan(exact) ? std::isnan(value) : got[t] == rounded) continue;
        if (value == 0 && may_vanish(name, exact)) continue;
        const double bound = allowed(name, x, y, exact, level);
        // If the exact value exceeds the largest float by less than the bound, both results are right.
        const bool near_overflow = std::isinf(value) && std::abs(exact) + bound > 3.4028235e38;
        if (!near_overflow) {
          ASSERT_LE(std::abs(value - exact), bound) << to_string(level) << ' ' << name << " of x = " << x
                                                    << ", y = " << y << " is " << value << ", not " << exact;
        }
      }
    });
}

/// Points at which every function has a derivative.
Points smooth_points() {
  Points places;
  std::mt19937 bits(3);
  std::uniform_real_distribution<float> x(0.15F, 0.95F);
  std::uniform_real_distribution<float> y(1.1F, 3);
  for (int t = 0; t < 64; ++t) {
    places.x.push_back(x(bits));
    places.y.push_back(y(bits));
  }
  return places;
}

TEST(Real, DualNumbersGiveTheDerivative) {
  const Points places = smooth_points();
  for_each_function([&](std::size_t, auto function) {
    for (std::size_t t = 0; t < places.x.size(); ++t) {
      const auto x = static_cast<double>(places.x[t]);
      const auto y = static_cast<double>(places.y[t]);
      const Dual<double> dual = function(Dual<double>(x, 1), Dual<double>(y, 0));
      EXPECT_EQ(dual.value, function(x, y)) << function.name;
      // A step h has an error of h^2 f''' / 6 and a rounding of 2^-53 f / h.
      constexpr double step = 1e-5;
      const double difference = (function(x + step, y) - function(x - step, y)) / (2 * step);
      EXPECT_NEAR(dual.slope, difference, 1e-8 * (1 + std::abs(difference))) << function.name << " at " << x;
      const Dual<double> along_y = function(Dual<double>(x, 0), Dual<double>(y, 1));
      const double other = (function(x, y + step) - function(x, y - step)) / (2 * step);
      EXPECT_NEAR(along_y.slope, other, 1e-8 * (1 + std::abs(other))) << function.name << " at " << y;
    }
  });
}

TEST(Real, DualNumbersOfLanesAgreeWithThoseOfDouble) {
  const Points places = smooth_points();
  std::vector<float> got(places.x.size());
  for (const IsaLevel level : supported_isa_levels())
    for_each_function([&](std::size_t index, auto function) {
      lane_functions(level).slope(index, places.x, places.y, got.data());
      for (std::size_t t = 0; t < got.size(); ++t) {
        const auto x = static_cast<double>(places.x[t]);
        const auto y = static_cast<double>(places.y[t]);
        const double exact = function(Dual<double>(x, 1), Dual<double>(y, 0)).slope;
        // A derivative is at most four operations on values whose error is at most that of pow, the largest.
        const double bound = 4 * 2e-7 * (1 + y + std::abs(y * std::log2(x)));
        EXPECT_NEAR(static_cast<double>(got[t]), exact, bound * (1 + std::abs(exact)))
            << to_string(level) << ' ' << function.name << " at " << x << ", " << y;
      }
    });
}

TEST(Real, ADualNumberOfAConstantPowerOf0HasNoNan) {
  const Dual<double> square = pow(Dual<double>(0.0, 1), Dual<double>(2));
  EXPECT_EQ(square.value, 0);
  EXPECT_EQ(square.slope, 0);
  EXPECT_EQ(pow(Dual<double>(0.0, 1), Dual<double>(1)).slope, 1);
}

TEST(Real, EveryModifierTakesDualNumbers) {
  for (const MemberInfo& info : modifier_infos()) {
    const Variant variant = Variant::parse(info.example);
    const ScoreWeights weights = seeded_weights(weight_shapes(variant, {1, 3, 1, 200, 200, 8, 8}), 4);
    const Modifier modifier = variant.modifiers[0].for_head(1, 3, weights).for_row({100, 2.5, 90.25});
    constexpr double step = 1e-5;
    const auto expect = [&](const Dual<double>& got, auto function, double at) {
      EXPECT_EQ(got.value, function(at)) << info.name;
      const double difference = (function(at + step) - function(at - step)) / (2 * step);
      EXPECT_NEAR(got.slope, difference, 1e-8 * (1 + std::abs(difference))) << info.name << " at " << at;
    };
    std::visit(
        [&]<class Member>(const Member& member) {
          if constexpr (std::is_same_v<Member, ExternalModifier>)
            return;  // a function of double
          else if constexpr (ModifiesLogits<Member, double>)
            for (const double at : {-1.75, 0.3, 2.0})
              expect(
                  member(Dual<double>(at, 1), Dual<double>(70), Dual<double>(91)),
                  [&](double logit) { return modifier(logit, 70, 91); }, at);
          if constexpr (!std::is_same_v<Member, ExternalModifier> && HasFactor<Member, double>)
            expect(
                member.log_factor(Dual<double>(70), Dual<double>(91, 1)),
                [&](double key) { return modifier.log_factor(70, key); }, 91);
        },
        modifier.member().value);
  }
}

}  // namespace
}  // namespace attnlab
