#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "store/results_table.hpp"

namespace infoplane::test {

template <class T>
void expect_same_bits(const char* what, const std::vector<T>& a, const std::vector<T>& b) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(std::memcmp(&a[i], &b[i], sizeof(T)), 0)
        << what << "[" << i << "]: " << a[i] << " and " << b[i];
  }
}

/// Everything but the provenance, to which the file adds its title and format.
inline void expect_same_tables(const ResultsTable& a, const ResultsTable& b) {
  EXPECT_EQ(a.trials, b.trials);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.bounds, b.bounds);
  EXPECT_EQ(a.axes, b.axes);
  EXPECT_EQ(a.varied, b.varied);
  EXPECT_EQ(a.failure, b.failure);
  EXPECT_EQ(a.sigma2, b.sigma2);
  expect_same_bits("state", a.state, b.state);
  expect_same_bits("attempts", a.attempts, b.attempts);
  expect_same_bits("seconds", a.seconds, b.seconds);
  expect_same_bits("recorded_rows", a.recorded_rows, b.recorded_rows);
  expect_same_bits("train_rows", a.train_rows, b.train_rows);
  expect_same_bits("parameters", a.parameters, b.parameters);
  expect_same_bits("label_entropy", a.label_entropy, b.label_entropy);
  expect_same_bits("layer_position", a.layer_position, b.layer_position);
  expect_same_bits("features", a.features, b.features);
  EXPECT_EQ(a.layer_kind, b.layer_kind);
  EXPECT_EQ(a.layer_shape, b.layer_shape);
  expect_same_bits("layer_follows", a.layer_follows, b.layer_follows);
  expect_same_bits("trained_epochs", a.trained_epochs, b.trained_epochs);
  expect_same_bits("validation_loss", a.validation_loss, b.validation_loss);
  expect_same_bits("validation_accuracy", a.validation_accuracy, b.validation_accuracy);
  expect_same_bits("gradient_mean", a.gradient_mean, b.gradient_mean);
  expect_same_bits("gradient_deviation", a.gradient_deviation, b.gradient_deviation);
  expect_same_bits("weight_norm", a.weight_norm, b.weight_norm);
  expect_same_bits("gradient_count", a.gradient_count, b.gradient_count);
  expect_same_bits("train_loss", a.train_loss, b.train_loss);
  expect_same_bits("train_accuracy", a.train_accuracy, b.train_accuracy);
  expect_same_bits("test_loss", a.test_loss, b.test_loss);
  expect_same_bits("test_accuracy", a.test_accuracy, b.test_accuracy);
  expect_same_bits("i_xt", a.i_xt, b.i_xt);
  expect_same_bits("i_ty", a.i_ty, b.i_ty);
  expect_same_bits("sigma2_used", a.sigma2_used, b.sigma2_used);
  expect_same_bits("error_bits", a.error_bits, b.error_bits);
  expect_same_bits("distance_quantiles", a.distance_quantiles, b.distance_quantiles);
  expect_same_bits("distance_histogram", a.distance_histogram, b.distance_histogram);
  expect_same_bits("distance_mean", a.distance_mean, b.distance_mean);
  expect_same_bits("distance_rank_error", a.distance_rank_error, b.distance_rank_error);
}

inline void expect_same_layouts(const RunLayout& a, const RunLayout& b) {
  ASSERT_EQ(a.row_sets.size(), b.row_sets.size());
  for (std::size_t k = 0; k < a.row_sets.size(); ++k) {
    EXPECT_EQ(a.row_sets[k].rows, b.row_sets[k].rows);
    EXPECT_EQ(a.row_sets[k].labels, b.row_sets[k].labels);
  }
  ASSERT_EQ(a.trials.size(), b.trials.size());
  for (std::size_t t = 0; t < a.trials.size(); ++t) {
    EXPECT_EQ(a.trials[t].id, b.trials[t].id);
    EXPECT_EQ(a.trials[t].epochs, b.trials[t].epochs);
    EXPECT_EQ(a.trials[t].row_set, b.trials[t].row_set);
    EXPECT_EQ(a.trials[t].train_rows, b.trials[t].train_rows);
    EXPECT_EQ(a.trials[t].parameters, b.trials[t].parameters);
    ASSERT_EQ(a.trials[t].layers.size(), b.trials[t].layers.size());
    for (std::size_t l = 0; l < a.trials[t].layers.size(); ++l) {
      const LayerLayout& x = a.trials[t].layers[l];
      const LayerLayout& y = b.trials[t].layers[l];
      EXPECT_EQ(x.name, y.name);
      EXPECT_EQ(x.features, y.features);
      EXPECT_EQ(x.kind, y.kind);
      EXPECT_EQ(x.shape, y.shape);
      EXPECT_EQ(x.follows, y.follows);
    }
  }
}

}  // namespace infoplane::test
