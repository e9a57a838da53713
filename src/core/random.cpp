#include "core/random.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "core/errors.hpp"
#include "core/hashing.hpp"

namespace infoplane {

std::uint64_t derive_seed(std::uint64_t root, std::initializer_list<std::string_view> purpose) {
  Checksum checksum;
  checksum.add(&root, sizeof root);
  for (const std::string_view word : purpose) {
    const std::uint64_t length = word.size();
    checksum.add(&length, sizeof length);
    checksum.add(word.data(), word.size());
  }
  return checksum.value();
}

RandomStream::RandomStream(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    word = z ^ (z >> 31);
  }
}

std::uint64_t RandomStream::bits() {
  const auto rotate = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate(state_[3], 45);
  return result;
}

double RandomStream::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::below(std::uint64_t bound) {
  INFOPLANE_EXPECT(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(bits()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<Wide>(bits()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  constexpr double two_pi = 6.283185307179586;
  return radius * std::cos(two_pi * uniform());
}

double RandomStream::truncated_normal() {
  double value = normal();
  while (std::abs(value) > 2.0) {
    value = normal();
  }
  return value;
}

std::vector<std::int64_t> random_permutation(std::size_t count, RandomStream& random) {
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t left = count; left > 1; --left) {
    std::swap(order[left - 1], order[random.below(left)]);
  }
  return order;
}

}  // namespace infoplane
