#include "store/results_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/distance_axes.hpp"
#include "store/example_run.hpp"
#include "store/hdf5.hpp"
#include "store/no_times.hpp"
#include "store/other_process.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

class ResultsFiles : public testing::Test {
 protected:
  ResultsFiles() {
    write_results(path_, empty_results(example_layout(), {1.5, 0.9}, {1e-3, 1e-2},
                                       {Bound::kl, Bound::bd}, example_provenance()));
  }
  ResultsFile open() const { return {path_, Communicator::serial()}; }

  const Scratch scratch_;
  const std::filesystem::path path_ = scratch_ / "results.nc";
};

/// Where `values` are not NaN.
std::vector<std::size_t> filled(const std::vector<double>& values) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) places.push_back(i);
  }
  return places;
}

TEST_F(ResultsFiles, MetricsLandInTheirCell) {
  open().write_metrics(2, 3, {0.25, 0.5, 0.75, 1.0});
  const ResultsTable table = read_results(path_);
  const std::size_t at = table.at_epoch(2, 3);
  EXPECT_EQ(filled(table.train_loss), std::vector<std::size_t>{at});
  EXPECT_EQ(filled(table.train_accuracy), std::vector<std::size_t>{at});
  EXPECT_EQ(filled(table.test_loss), std::vector<std::size_t>{at});
  EXPECT_EQ(filled(table.test_accuracy), std::vector<std::size_t>{at});
  EXPECT_EQ(table.train_loss[at], 0.25);
  EXPECT_EQ(table.train_accuracy[at], 0.5);
  EXPECT_EQ(table.test_loss[at], 0.75);
  EXPECT_EQ(table.test_accuracy[at], 1.0);
}

TEST_F(ResultsFiles, AnEpochIsForgotten) {
  {
    ResultsFile file = open();
    for (const std::size_t epoch : {2, 3}) {
      file.write_metrics(1, epoch, {1, 2, 3, 4, 5, 6});
      for (const std::size_t layer : {0, 3}) file.write_gradients(1, epoch, layer, {7, 8, 9, 10});
    }
    file.forget_epoch(1, 3);
  }
  const ResultsTable table = read_results(path_);
  for (const auto* metric : {&table.train_loss, &table.train_accuracy, &table.validation_loss,
                             &table.validation_accuracy, &table.test_loss, &table.test_accuracy}) {
    EXPECT_EQ(filled(*metric), std::vector<std::size_t>{table.at_epoch(1, 2)});
  }
  for (const auto* of : {&table.gradient_mean, &table.gradient_deviation, &table.weight_norm,
                         &table.gradient_count}) {
    EXPECT_EQ(filled(*of),
              (std::vector<std::size_t>{table.at_snapshot(1, 2, 0), table.at_snapshot(1, 2, 3)}));
  }
}

TEST_F(ResultsFiles, StateLandsInItsCell) {
  open().write_state(1, {TrialState::failed, 3, 99, 1000.0, 1012.5, "not stored here"});
  const ResultsTable table = read_results(path_);
  EXPECT_EQ(table.state, (std::vector<std::uint8_t>{0, 3, 0}));
  EXPECT_EQ(table.state_of(1), TrialState::failed);
  EXPECT_EQ(table.attempts, (std::vector<std::int32_t>{0, 3, 0}));
  EXPECT_EQ(filled(table.seconds), std::vector<std::size_t>{1});
  EXPECT_EQ(table.seconds[1], 12.5);
  EXPECT_EQ(table.failure, (std::vector<std::string>{"", "", ""}));
}

TEST_F(ResultsFiles, EstimatesLandInTheirCells) {
  open().write_estimate(1, 2, 3, 1, {1.25, 2.5}, {0.5, 0.75});
  const ResultsTable table = read_results(path_);
  const std::size_t at = table.at_estimate(1, 2, 3, 1, 0);
  EXPECT_EQ(filled(table.i_xt), (std::vector<std::size_t>{at, at + 1}));
  EXPECT_EQ(filled(table.i_ty), (std::vector<std::size_t>{at, at + 1}));
  EXPECT_EQ(table.i_xt[at], 1.25);
  EXPECT_EQ(table.i_xt[at + 1], 2.5);
  EXPECT_EQ(table.i_ty[at], 0.5);
  EXPECT_EQ(table.i_ty[at + 1], 0.75);
}

TEST_F(ResultsFiles, NoiseLandsInItsCells) {
  open().write_noise(1, 2, 3, 1, 0.125, 1e-9);
  const ResultsTable table = read_results(path_);
  const std::size_t at = table.at_noise(1, 2, 3, 1);
  EXPECT_EQ(filled(table.sigma2_used), std::vector<std::size_t>{at});
  EXPECT_EQ(filled(table.error_bits), std::vector<std::size_t>{at});
  EXPECT_EQ(table.sigma2_used[at], 0.125);
  EXPECT_EQ(table.error_bits[at], 1e-9);
}

TEST_F(ResultsFiles, DistancesLandInTheirCells) {
  SnapshotDistances distances;
  for (std::size_t q = 0; q < distance_percents.size(); ++q)
    distances.quantiles.push_back(static_cast<double>(q) / 3);
  for (std::size_t bin = 0; bin < distance_bins; ++bin)
    distances.histogram.push_back(static_cast<float>(bin) / 3);
  distances.mean = 2.5;
  distances.rank_error = 0.005;
  open().write_distances(2, 1, 0, distances);
  const ResultsTable table = read_results(path_);
  const std::size_t at = table.at_snapshot(2, 1, 0);
  EXPECT_EQ(filled(table.distance_mean), std::vector<std::size_t>{at});
  EXPECT_EQ(table.distance_mean[at], 2.5);
  EXPECT_EQ(filled(table.distance_rank_error), std::vector<std::size_t>{at});
  EXPECT_EQ(table.distance_rank_error[at], 0.005);
  EXPECT_EQ(filled(table.distance_quantiles).size(), distance_percents.size());
  EXPECT_EQ(filled(table.distance_quantiles)[0], at * distance_percents.size());
  EXPECT_EQ(table.distance_quantiles[at * distance_percents.size() + 10], 10.0 / 3);
  for (std::size_t bin = 0; bin < distance_bins; ++bin)
    EXPECT_EQ(table.distance_histogram[at * distance_bins + bin], static_cast<float>(bin) / 3);
}

// Every cell of every array once, with a number that says where it belongs.
TEST_F(ResultsFiles, AllCells) {
  const ResultsTable axes = read_results(path_);
  const auto number = [](std::size_t place) { return 1000.0 + static_cast<double>(place); };
  {
    ResultsFile file = open();
    for (std::size_t t = 0; t < axes.trials.size(); ++t) {
      for (std::size_t e = 0; e < axes.epochs.size(); ++e) {
        const double metric = number(axes.at_epoch(t, e));
        file.write_metrics(t, e, {metric, metric + 0.25, metric + 0.5, metric + 0.75});
        for (std::size_t l = 0; l < axes.layers.size(); ++l) {
          for (std::size_t s = 0; s < axes.sigma2.size(); ++s) {
            const std::size_t at = axes.at_estimate(t, e, l, s, 0);
            file.write_estimate(t, e, l, s, {number(at), number(at + 1)},
                                {-number(at), -number(at + 1)});
          }
        }
      }
    }
  }
  const ResultsTable table = read_results(path_);
  for (std::size_t i = 0; i < table.train_loss.size(); ++i) {
    EXPECT_EQ(table.train_loss[i], number(i));
    EXPECT_EQ(table.train_accuracy[i], number(i) + 0.25);
    EXPECT_EQ(table.test_loss[i], number(i) + 0.5);
    EXPECT_EQ(table.test_accuracy[i], number(i) + 0.75);
  }
  for (std::size_t i = 0; i < table.i_xt.size(); ++i) {
    EXPECT_EQ(table.i_xt[i], number(i));
    EXPECT_EQ(table.i_ty[i], -number(i));
  }
}

TEST_F(ResultsFiles, WhatAKilledJobWroteIsWrittenAgain) {
  open().write_metrics(0, 0, {1, 1, 1, 1});
  open().write_metrics(0, 0, {2, 2, 2, std::nan("")});
  const ResultsTable table = read_results(path_);
  EXPECT_EQ(table.train_loss[0], 2);
  EXPECT_TRUE(std::isnan(table.test_accuracy[0]));
}

TEST_F(ResultsFiles, AreSealedOnlyWhenNobodyWrites) {
  EXPECT_TRUE(read_results(path_).sealed);
  { open(); }  // whoever may write may be killed as well
  ResultsTable table = read_results(path_);
  EXPECT_FALSE(table.sealed);
  open().write_metrics(2, 3, {0.25, 0.5, 0.75, 1.0});
  table = read_results(path_);
  EXPECT_FALSE(table.sealed);
  write_results(path_, table);
  EXPECT_TRUE(read_results(path_).sealed);
}

TEST_F(ResultsFiles, ANumberChangedUnderTheSealIsSeen) {
  {
    const h5::Id file = h5::open_file(path_, h5::Access::write, Communicator::serial());
    const double value = 0.5;
    h5::write_box(h5::open_dataset(file.get(), "pairwise/I_TY").get(), H5T_NATIVE_DOUBLE,
                  {0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, &value);
  }
  EXPECT_NE(message_of([&] { read_results(path_); }).find("do not have their checksum"),
            std::string::npos);
}

TEST_F(ResultsFiles, AttributesOfOtherToolsDoNoHarm) {
  {
    const h5::Id file = h5::open_file(path_, h5::Access::write, Communicator::serial());
    const auto add = [&](const char* name, hid_t type, hid_t space, const void* data) {
      const h5::Id attribute = h5::attribute_id(
          H5Acreate2(file.get(), name, type, space, H5P_DEFAULT, H5P_DEFAULT), name);
      h5::check(H5Awrite(attribute.get(), type, data), name);
    };
    const std::vector<double> numbers(500, 0.5);
    const hsize_t many = numbers.size();
    const hsize_t two = 2;
    const h5::Id of_many = h5::space_id(H5Screate_simple(1, &many, nullptr));
    const h5::Id of_two = h5::space_id(H5Screate_simple(1, &two, nullptr));
    const h5::Id of_one = h5::space_id(H5Screate(H5S_SCALAR));
    const h5::Id text = h5::type_id(H5Tcopy(H5T_C_S1));
    h5::check(H5Tset_size(text.get(), 6), "text");
    const std::int64_t pair[] = {1, 2};
    add("numbers", H5T_NATIVE_DOUBLE, of_many.get(), numbers.data());
    add("pair", H5T_NATIVE_INT64, of_two.get(), pair);
    add("remark", text.get(), of_one.get(), "mine\0");
  }
  const Provenance provenance = read_results(path_).provenance;
  const auto of = [&](const std::string& name) {
    return std::count_if(provenance.begin(), provenance.end(),
                         [&](const auto& fact) { return fact.first == name; });
  };
  EXPECT_EQ(of("numbers") + of("pair"), 0);
  EXPECT_EQ(std::count(provenance.begin(), provenance.end(),
                       Provenance::value_type("remark", std::string("mine"))),
            1);
}

// Or a job that got no further would look as if it had: scripts compare the files.
TEST_F(ResultsFiles, KeepNoTimes) {
  const h5::Id file = h5::open_file(path_, h5::Access::read, Communicator::serial());
  for (const char* name : {"/", "/metrics/train_loss", "/trials", "/pairwise/I_XT"})
    expect_no_times(file.get(), name);
}

TEST_F(ResultsFiles, PlacesThatAreNotThereAreRefused) {
  ResultsFile file = open();
  EXPECT_THROW(file.write_metrics(3, 0, {}), h5::Failure);
  EXPECT_THROW(file.write_metrics(0, 4, {}), h5::Failure);
  EXPECT_THROW(file.write_state(3, {}), h5::Failure);
  EXPECT_THROW(file.write_estimate(0, 0, 0, 2, {1, 2}, {1, 2}), h5::Failure);
  EXPECT_THROW(file.write_estimate(0, 0, 4, 0, {1, 2}, {1, 2}), h5::Failure);
  EXPECT_THROW(file.write_noise(0, 0, 0, 2, 1, 0), h5::Failure);
  EXPECT_THROW(file.write_distances(0, 0, 4, {{1}, {1}, 1, 0}), h5::Failure);
  EXPECT_THROW(file.write_distances(0, 0, 0, {std::vector<double>(12), {1}, 1, 0}), h5::Failure);
  EXPECT_THROW(file.write_estimate(0, 0, 0, 0, {1, 2, 3}, {1, 2, 3}), h5::Failure)
      << "three of two bounds";
}

TEST_F(ResultsFiles, AMovedFileGoesOn) {
  ResultsFile first = open();
  ResultsFile second = std::move(first);
  second.write_state(0, {TrialState::running, 1, 0, 1, 1, ""});
  second = open();
  EXPECT_EQ(read_results(path_).state_of(0), TrialState::running);
}

TEST_F(ResultsFiles, NothingStaysOpen) {
  {
    ResultsFile file = open();
    file.write_metrics(0, 0, {});
    EXPECT_GT(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  }
  read_results(path_);
  put_bytes(scratch_ / "text.nc", "no HDF5");
  EXPECT_THROW(read_results(scratch_ / "text.nc"), InputError);
  EXPECT_THROW(ResultsFile(scratch_ / "text.nc", Communicator::serial()), Error);
  EXPECT_EQ(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

TEST_F(ResultsFiles, OtherFilesAreRefused) {
  const auto message = [](const std::filesystem::path& path) {
    return message_of([&] { ResultsFile(path, Communicator::serial()); });
  };
  EXPECT_EQ(message(scratch_ / "none.nc"), "4: no such file: " + (scratch_ / "none.nc").string());
  ActivationsFile::create(scratch_ / "activations.h5", example_layout(), {});
  const std::string refused = message(scratch_ / "activations.h5");
  EXPECT_EQ(refused.rfind("4: " + (scratch_ / "activations.h5").string() +
                              " is damaged, or not a file of infoplane: ",
                          0),
            0u)
      << refused;
}

}  // namespace
}  // namespace infoplane::test
