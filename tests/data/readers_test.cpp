#include <gtest/gtest.h>

#include <cstdlib>

#include "core/errors.hpp"
#include "data/cora_files.hpp"
#include "data/dataset.hpp"
#include "data/idx.hpp"
#include "data/name_letters.hpp"
#include "data/sampling.hpp"

namespace infoplane {
namespace {

template <class Call>
std::string input_error(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string idx_error(std::vector<std::uint8_t> bytes) {
  return input_error([&] { parse_idx(std::move(bytes), 1, "labels"); });
}

TEST(Idx, ReadsShapeAndValues) {
  const IdxBytes idx = parse_idx({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9}, 2, "images");
  EXPECT_EQ(idx.shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(idx.values, (std::vector<std::uint8_t>{7, 9}));
}

TEST(Idx, SaysWhichByteIsWrong) {
  EXPECT_EQ(idx_error({}),
            "labels is no IDX file of 1 dimensions: byte 0 should begin 00 00 08 01, and is ");
  EXPECT_EQ(
      idx_error({0x1f, 0x8b, 8, 1}),
      "labels is no IDX file of 1 dimensions: byte 0 should begin 00 00 08 01, and is 1f 8b 08 01");
  EXPECT_EQ(idx_error({0, 0, 8, 1, 0}), "labels ends at byte 5 within its header of 8");
  EXPECT_EQ(idx_error({0, 0, 8, 1, 0, 0, 0, 3, 1}),
            "labels has 1 values from byte 8 on where its header says 3");
  EXPECT_EQ(input_error([] {
              expect_below({{3}, {9, 10, 11}}, 10, "labels");
            }),
            "labels has the label 10 at byte 9: it must be below 10");
}

CoraFiles parse(const std::string& content, const std::string& cites) {
  return parse_cora(content, "content", cites, "cites");
}

TEST(CoraFiles, MakesOneEdgeOfBothDirectionsAndRepeats) {
  const CoraFiles cora = parse("31\t1\t0\tB\n7\t0\t1\tA\n", "31\t7\n7\t31\n31 7\n7\t7\n");
  EXPECT_EQ(cora.edges, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 1}}));
  EXPECT_EQ(cora.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(cora.words[1], (std::vector<std::int32_t>{1}));
}

TEST(CoraFiles, SaysFileAndLine) {
  EXPECT_EQ(input_error([] { parse("", ""); }), "content is empty");
  EXPECT_EQ(input_error([] { parse("1 0 1 A\n2 0 A\n", ""); }),
            "content:2 has 1 word flags where the first line has 2");
  EXPECT_EQ(input_error([] { parse("1 0 A\n1 0 A\n", ""); }),
            "content:2 has the id 1 a second time");
  EXPECT_EQ(input_error([] { parse("1 2 A\n", ""); }),
            "content:1 word flag 1 is \"2\", must be 0 or 1");
  EXPECT_EQ(input_error([] { parse("1 0 A\n", "\n1 5\n"); }),
            "cites:2 names the id 5, which content has not");
  EXPECT_EQ(input_error([] { parse("1 0 A\n\n2 0 \xff\n", ""); }), "content:3 is no UTF-8 text");
  EXPECT_EQ(input_error([] { parse("1 0 A\n", "\n"); }), "cites is empty");
  EXPECT_EQ(input_error([] { parse_cora_split("1 test\n", "split", {"1"}); }),
            "split has no paper to train on");
  EXPECT_EQ(input_error([] { parse_cora_split("9 train\n", "split", {"1"}); }),
            "split:1 names the unknown id 9");
  EXPECT_EQ(input_error([] { parse_cora_split("1 tain\n", "split", {"1"}); }),
            "split:1 says \"tain\", must be train, val, test or none");
}

TEST(ParseNames, FoldsToTheAlphabet) {
  EXPECT_EQ(parse_names("Ślusàrski\nO'Néàl\n1\n", "names"),
            (std::vector<std::string>{"Slusarski", "O'Neal"}));
  EXPECT_EQ(input_error([] { parse_names("Abel\n\xff\n", "names"); }), "names:2 is no UTF-8 text");
  EXPECT_EQ(input_error([] { parse_names("", "names"); }), "names has no names");
}

class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("INFOPLANE_DATA") == nullptr)
      GTEST_SKIP() << "INFOPLANE_DATA names no folder with the data sets";
  }
};

TEST_F(RealData, CoraHasItsPublishedSizes) {
  DataSettings settings;
  settings.set = DataSet::cora;
  settings.split.kind = SplitKind::planetoid;
  const Dataset data = load_dataset(settings, {}, {});
  EXPECT_EQ(data.inputs.sizes(), (std::vector<std::int64_t>{2708, 1433}));
  EXPECT_EQ(data.classes, 7);
  EXPECT_EQ(data.edges.size(1), 5278);
  EXPECT_TRUE(torch::allclose(data.inputs.sum(1), torch::ones({2708})));
  const Split split = split_rows(data, settings, 1);
  EXPECT_EQ(split.train.size(), 140U);
  EXPECT_EQ(split.validation.size(), 500U);
  EXPECT_EQ(split.test.size(), 1000U);
}

TEST_F(RealData, NamesEndWithTheirLastLetter) {
  DataSettings settings;
  settings.set = DataSet::names;
  const Dataset data = load_dataset(settings, {}, {0, 1});
  EXPECT_EQ(data.inputs.sizes(), (std::vector<std::int64_t>{1080, 12, 57}));
  EXPECT_EQ(data.classes, 18);
  EXPECT_TRUE(data.inputs.select(1, 11).sum(1).eq(1).all().item<bool>());
  EXPECT_TRUE(torch::bincount(data.labels).eq(60).all().item<bool>());
}

TEST_F(RealData, MnistSubsetIsStratifiedAndSeeded) {
  DataSettings settings;
  settings.set = DataSet::mnist;
  settings.rows = 4000;
  const Dataset data = load_dataset(settings, {}, {0, 1});
  EXPECT_EQ(data.inputs.sizes(), (std::vector<std::int64_t>{4000, 1, 28, 28}));
  EXPECT_EQ(data.inputs.max().item<float>(), 1.0F);
  const torch::Tensor shares = torch::bincount(data.labels).to(torch::kFloat64) / 4000;
  EXPECT_NEAR(shares[1].item<double>(), 6742.0 / 60000, 1.0 / 4000);
  EXPECT_TRUE(load_dataset(settings, {}, {0, 1}).labels.equal(data.labels));
  EXPECT_FALSE(load_dataset(settings, {}, {0, 2}).labels.equal(data.labels));
}

// Files of the same names and sizes.
TEST_F(RealData, MnistIsNotTakenForFashionMnist) {
  const std::string folder = std::string(std::getenv("INFOPLANE_DATA")) + "/mnist";
  DataSettings settings;
  settings.set = DataSet::fashion_mnist;
  const std::string said = input_error([&] { load_dataset(settings, {folder}, {}); });
  const std::string file = folder + "/train-labels-idx1-ubyte";
  EXPECT_EQ(said.substr(0, file.size()), file);
  EXPECT_NE(said.find(" is that of mnist, where data.set = \"fashion-mnist\""), std::string::npos)
      << said;
}

TEST(LoadDataset, SaysWhereItLookedAndWhatToDo) {
  const char* const set = std::getenv("INFOPLANE_DATA");
  const std::string before = set != nullptr ? set : "";
  ::setenv("INFOPLANE_DATA", "/nothing", 1);
  ::setenv("XDG_CACHE_HOME", "/no-cache", 1);
  DataSettings settings;
  settings.set = DataSet::mnist;
  EXPECT_EQ(
      input_error([&] { load_dataset(settings, {"/proc"}, {}); }),
      "the data set mnist was not found in /proc/mnist, /nothing/mnist, "
      "/no-cache/infoplane/mnist; get it with: env/fetch-data.sh mnist (or name the folder of "
      "its files in data.root or INFOPLANE_DATA)");
  if (set != nullptr) {
    ::setenv("INFOPLANE_DATA", before.c_str(), 1);
  } else {
    ::unsetenv("INFOPLANE_DATA");
  }
}

TEST(LoadDataset, RefusesARootThatIsNoFolder) {
  DataSettings settings;
  settings.set = DataSet::mnist;
  EXPECT_EQ(input_error([&] { load_dataset(settings, {"/nowhere"}, {}); }),
            "data.root \"/nowhere\": there is no such folder; name the folder of the data, or none "
            "(--set data.root=) to have INFOPLANE_DATA and the other places of infoplane data list "
            "looked through");
}

TEST(SplitRows, BalancedTakesSoManyOfEachClass) {
  const Dataset data{"test", torch::zeros({30, 1}), torch::arange(30) % 3, 3};
  DataSettings settings;
  settings.split = {SplitKind::balanced, 4};
  settings.validation_rows = 5;
  const Split split = split_rows(data, settings, 1);
  EXPECT_EQ(split.train.size(), 12U);
  EXPECT_EQ(split.validation.size(), 5U);
  EXPECT_EQ(split.test.size(), 13U);
  std::vector<int> of_class(3);
  for (const std::int32_t label : labels_of(data, split.train))
    ++of_class[static_cast<std::size_t>(label)];
  EXPECT_EQ(of_class, (std::vector<int>{4, 4, 4}));
  settings.split.per_class = 11;
  EXPECT_THROW(split_rows(data, settings, 1), RowsDoNotFit);
}

}  // namespace
}  // namespace infoplane
