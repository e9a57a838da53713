#include "estimators/detail/selection.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace infoplane::detail {
namespace {

/// So few are sorted.
constexpr std::size_t few = 16;

/// After so many rounds the rest is sorted: keys in an order made to be bad.
constexpr int most_rounds = 64;

/// Keys that are looked at for where to part, of few keys and of many.
constexpr std::size_t many = 256;
constexpr std::size_t sample_of_few = 5;
constexpr std::size_t sample_of_many = 15;

/// The key of a sample that has about the wanted share of all keys before it; not the last of the
/// sample, so that there are keys behind it, and not the first, for it is seldom near.
template <std::size_t count>
std::uint64_t pivot_of(const std::uint64_t* keys, std::size_t size, std::size_t smallest) {
  std::array<std::uint64_t, count> sample;
  for (std::size_t i = 0; i < count; ++i) sample[i] = keys[(2 * i + 1) * size / (2 * count)];
  std::sort(sample.begin(), sample.end());
  return sample[std::clamp<std::size_t>(smallest * count / size, 1, count - 2)];
}

/// To `to`, from its front those up to the pivot, from its back the others. Returns the number of
/// the former. Without a branch: no processor could foretell it.
std::size_t part(const std::uint64_t* keys, std::size_t size, std::uint64_t pivot,
                 std::uint64_t* to) {
  std::size_t left = 0;
  std::uint64_t* const last = to + size - 1;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t key = keys[i];
    to[left] = key;
    last[static_cast<std::ptrdiff_t>(left) - static_cast<std::ptrdiff_t>(i)] = key;
    left += key <= pivot ? 1 : 0;
  }
  return left;
}

}  // namespace

void Selection::operator()(std::vector<std::uint64_t>& keys, std::size_t smallest) {
  spare_.resize(std::max(spare_.size(), keys.size()));
  std::uint64_t* from = keys.data();
  std::uint64_t* to = spare_.data();
  std::size_t begin = 0;
  std::size_t end = keys.size();
  for (int round = 0; begin < smallest && end - begin > few && round < most_rounds; ++round) {
    const std::size_t size = end - begin;
    const std::size_t wanted = smallest - begin;
    const std::uint64_t pivot = size < many ? pivot_of<sample_of_few>(from + begin, size, wanted)
                                            : pivot_of<sample_of_many>(from + begin, size, wanted);
    const std::size_t middle = begin + part(from + begin, size, pivot, to + begin);
    const std::size_t done_begin = middle <= smallest ? begin : middle;
    const std::size_t done_end = middle <= smallest ? middle : end;
    if (to != keys.data()) std::copy(to + done_begin, to + done_end, keys.data() + done_begin);
    (middle <= smallest ? begin : end) = middle;
    std::swap(from, to);
  }
  if (from != keys.data()) std::copy(from + begin, from + end, keys.data() + begin);
  if (begin < smallest) std::sort(keys.data() + begin, keys.data() + end);
}

}  // namespace infoplane::detail
