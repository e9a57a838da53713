#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace infoplane {

/// A seed for one purpose, derived from a root seed and the words that name the purpose. Different
/// words give unrelated seeds; the same words give the same seed on every machine.
std::uint64_t derive_seed(std::uint64_t root, std::initializer_list<std::string_view> purpose);

/// A stream of random numbers whose values are fixed by its seed alone, unlike the distributions of
/// the standard library, which differ between implementations. xoshiro256++ (Blackman & Vigna
/// 2021), its state filled by splitmix64.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed);

  /// Where the stream is: a stream put there goes on with the same numbers.
  using State = std::array<std::uint64_t, 4>;
  const State& state() const { return state_; }
  void go_to(const State& state) { state_ = state; }

  std::uint64_t bits();
  /// Uniform on [0, 1), 53 bits.
  double uniform();
  /// Uniform on {0, ..., bound - 1}, without bias (Lemire 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box & Muller 1958).
  double normal();
  /// Standard normal, drawn again until it lies within two standard deviations.
  double truncated_normal();

 private:
  State state_;
};

/// 0, ..., count - 1 in random order (Fisher-Yates).
std::vector<std::int64_t> random_permutation(std::size_t count, RandomStream& random);

}  // namespace infoplane
