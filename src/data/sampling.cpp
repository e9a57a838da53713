#include "data/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/random.hpp"

namespace infoplane {
namespace {

std::int64_t share(double fraction, std::int64_t whole) {
  return std::clamp<std::int64_t>(std::llround(fraction * static_cast<double>(whole)), 1, whole);
}

/// Different rows in increasing order: of a sweep of thousands of trials sorting them was most of
/// its plan.
std::vector<std::int64_t> ordered(const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return rows;
  const std::int64_t last = *std::max_element(rows.begin(), rows.end());
  std::vector<std::uint8_t> is_there(static_cast<std::size_t>(last) + 1, 0);
  for (const std::int64_t row : rows) is_there[static_cast<std::size_t>(row)] = 1;
  std::vector<std::int64_t> increasing;
  increasing.reserve(rows.size());
  for (std::int64_t row = 0; row <= last; ++row) {
    if (is_there[static_cast<std::size_t>(row)] != 0) increasing.push_back(row);
  }
  return increasing;
}

/// Rows by a number where one is given, else by a share.
std::int64_t count_of(const char* key, std::int64_t number, std::int64_t by_share,
                      std::int64_t left) {
  const std::int64_t count = number > 0 ? number : by_share;
  if (count > left) {
    throw RowsDoNotFit(number > 0 ? key : "data.validation_fraction",
                       fmt::format("{} rows are asked for, and {} are left", count, left));
  }
  return count;
}

/// The first `per_class` rows of every class in `order` come to its front.
std::int64_t balanced_first(const Dataset& data, std::int64_t per_class,
                            std::vector<std::int64_t>& order) {
  const std::vector<std::int32_t> labels = labels_of(data, order);
  std::vector<std::int64_t> taken(static_cast<std::size_t>(data.classes));
  std::vector<std::int64_t> front;
  std::vector<std::int64_t> rest;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::int64_t& count = taken[static_cast<std::size_t>(labels[i])];
    (count < per_class ? front : rest).push_back(order[i]);
    if (count < per_class) ++count;
  }
  for (std::int64_t c = 0; c < data.classes; ++c) {
    if (taken[static_cast<std::size_t>(c)] < per_class) {
      throw RowsDoNotFit("data.split", fmt::format("class {} of {} has only {} rows", c, data.name,
                                                   taken[static_cast<std::size_t>(c)]));
    }
  }
  order = front;
  order.insert(order.end(), rest.begin(), rest.end());
  return static_cast<std::int64_t>(front.size());
}

Split published_split(const Dataset& data, SplitKind kind) {
  const bool has = kind == SplitKind::planetoid
                       ? data.name == "cora"
                       : data.name == "mnist" || data.name == "fashion-mnist";
  if (!has || !data.published) {
    throw RowsDoNotFit(
        "data.split",
        fmt::format("\"published\" belongs to mnist and fashion-mnist, \"planetoid\" to cora with "
                    "its cora.split, and this is {}",
                    data.name));
  }
  return *data.published;
}

}  // namespace

Split split_rows(const Dataset& data, const DataSettings& settings, std::uint64_t seed) {
  const SplitKind kind = settings.split.kind;
  if (kind == SplitKind::published || kind == SplitKind::planetoid)
    return published_split(data, kind);
  RandomStream random(seed);
  std::vector<std::int64_t> order =
      random_permutation(static_cast<std::size_t>(data.rows()), random);
  const std::int64_t train =
      kind == SplitKind::balanced
          ? balanced_first(data, settings.split.per_class, order)
          : count_of("data.train_rows", settings.train_rows,
                     share(settings.train_fraction, data.rows()), data.rows());
  std::int64_t validation_share =
      std::llround(settings.validation_fraction * static_cast<double>(data.rows()));
  // Two halves of an odd number may both be rounded up.
  if (kind != SplitKind::balanced && settings.train_rows == 0 &&
      settings.train_fraction + settings.validation_fraction < 1 + 1e-9) {
    validation_share = std::min(validation_share, data.rows() - train);
  }
  const std::int64_t validation = count_of("data.validation_rows", settings.validation_rows,
                                           validation_share, data.rows() - train);
  const auto first = order.begin() + train;
  const auto second = first + validation;
  Split split{{order.begin(), first}, {first, second}, {second, order.end()}};
  for (auto* rows : {&split.train, &split.validation, &split.test}) *rows = ordered(*rows);
  return split;
}

std::vector<std::int64_t> sample_rows(const Dataset& data, const std::vector<std::int64_t>& train,
                                      double rate, std::uint64_t seed) {
  const std::int64_t count = share(rate, static_cast<std::int64_t>(train.size()));
  if (count == static_cast<std::int64_t>(train.size())) return ordered(train);
  const std::vector<std::int32_t> labels = labels_of(data, train);
  std::map<std::int32_t, std::vector<std::int64_t>> classes;
  for (std::size_t i = 0; i < train.size(); ++i) classes[labels[i]].push_back(train[i]);

  RandomStream random(seed);
  std::vector<std::pair<double, std::int64_t>> places;
  for (const auto& [label, rows] : classes) {
    const std::vector<std::int64_t> order = random_permutation(rows.size(), random);
    for (std::size_t k = 0; k < order.size(); ++k) {
      const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(rows.size());
      places.emplace_back(place, rows[static_cast<std::size_t>(order[k])]);
    }
  }
  // Which rows are the first ones is all that is asked.
  std::nth_element(places.begin(), places.begin() + count, places.end());
  std::vector<std::int64_t> sampled;
  for (std::int64_t i = 0; i < count; ++i)
    sampled.push_back(places[static_cast<std::size_t>(i)].second);
  return ordered(sampled);
}

std::vector<std::int64_t> draw_rows(std::int64_t rows, std::int64_t count, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<std::int64_t> order = random_permutation(static_cast<std::size_t>(rows), random);
  order.resize(static_cast<std::size_t>(count));
  return ordered(order);
}

void keep_rows(Dataset& data, std::int64_t rows, std::uint64_t seed) {
  if (rows > data.rows()) {
    throw RowsDoNotFit("data.rows",
                       fmt::format("{} has {} rows to train on", data.name, data.rows()));
  }
  std::vector<std::int64_t> all(static_cast<std::size_t>(data.rows()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const double rate = static_cast<double>(rows) / static_cast<double>(data.rows());
  const torch::Tensor kept = row_index(sample_rows(data, all, rate, seed));
  data.inputs = data.inputs.index_select(0, kept);
  data.labels = data.labels.index_select(0, kept);
}

}  // namespace infoplane
