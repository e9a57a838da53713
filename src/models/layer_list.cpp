#include "models/layer_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "models/activation.hpp"

namespace infoplane {
namespace {

/// One entry of the list: its first word, and the numbers behind it.
struct Entry {
  std::string word;
  std::vector<double> numbers;
};

bool is_whole(double x) { return x >= 1 && x <= 1e6 && x == static_cast<double>(std::int64_t(x)); }

}  // namespace

/// Adds a step for each word, keeping the shape that a row has there.
class LayerList::Builder {
 public:
  Builder(LayerList& network, const NetworkInput& input)
      : network_(network), shape_(input.shape), words_(input.settings.layers) {}

  void build(std::int64_t classes) {
    for (at_ = 0; at_ < words_.size(); ++at_) add(parse());
    if (!blocks_.empty()) fail("the list is over and a \"residual\" has no \"end\"");
    record_pending();
    torch::nn::Linear last =
        network_.register_module("output", torch::nn::Linear(count(), classes));
    network_.steps_.emplace_back(
        [last](const torch::Tensor& t) mutable { return last->forward(t.flatten(1)); });
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    const std::size_t at = std::min(at_, words_.size() - 1);
    throw UsageError(fmt::format("model.layers[{}] = \"{}\": {}", at + 1,
                                 words_.empty() ? "" : words_[at], why));
  }

  Entry parse() const {
    std::istringstream text(words_[at_]);
    Entry entry;
    text >> entry.word;
    for (std::string word; text >> word;) {
      double number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (error != std::errc() || end != word.data() + word.size())
        fail("\"" + word + "\" is no number");
      entry.numbers.push_back(number);
    }
    return entry;
  }

  /// The numbers of an entry as whole numbers, between `least` and `most` of them.
  std::vector<std::int64_t> whole(const Entry& entry, std::size_t least, std::size_t most,
                                  const char* usage) const {
    bool right = entry.numbers.size() >= least && entry.numbers.size() <= most;
    std::vector<std::int64_t> numbers;
    for (std::size_t n = 0; n < entry.numbers.size(); ++n) {
      // Only the last of a convolution, its padding, may be 0.
      right = right && (is_whole(entry.numbers[n]) || (n == 3 && entry.numbers[n] == 0));
      numbers.push_back(static_cast<std::int64_t>(entry.numbers[n]));
    }
    if (!right) fail(fmt::format("it is written {}, with whole numbers", usage));
    return numbers;
  }

  void add(const Entry& entry) {
    const std::string& word = entry.word;
    if (word == "linear") return add_linear(whole(entry, 1, 1, "\"linear UNITS\"")[0]);
    if (word == "conv")
      return add_conv(whole(entry, 2, 4, "\"conv CHANNELS SIDE [STRIDE [PADDING]]\""));
    if (word == "pool") return add_pool(whole(entry, 1, 1, "\"pool SIDE\"")[0]);
    if (word == "dropout") return add_dropout(entry);
    add_without_numbers(entry);
  }

  void add_without_numbers(const Entry& entry) {
    const std::string& word = entry.word;
    const std::vector<std::string> known{"linear",  "conv",     "pool", "tanh",
                                         "relu",    "sigmoid",  "elu",  "batchnorm",
                                         "dropout", "residual", "end"};
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      const std::string near = nearest_word(word, known);
      fail("there is no such layer; " + (near.empty() ? "" : "did you mean \"" + near + "\"? ") +
           "there are " + join(known));
    }
    if (!entry.numbers.empty()) fail(fmt::format("\"{}\" takes no number", word));
    if (word == "batchnorm") return add_batch_norm();
    if (word == "residual") return open_block();
    if (word == "end") return close_block();
    for (const Activation activation :
         {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::elu}) {
      if (word == name_of(activation)) {
        return step([activation](const torch::Tensor& t) { return activate(activation, t); });
      }
    }
  }

  void add_linear(std::int64_t units) {
    record_pending();
    const std::string name = numbered("linear");
    torch::nn::Linear linear = network_.register_module(name, torch::nn::Linear(count(), units));
    step([linear](const torch::Tensor& t) mutable { return linear->forward(t.flatten(1)); });
    shape_ = {units};
    pending_ = {name, {"linear", true}};
  }

  void add_conv(const std::vector<std::int64_t>& numbers) {
    record_pending();
    need_image();
    const std::int64_t side = numbers[1];
    const std::int64_t stride = numbers.size() > 2 ? numbers[2] : 1;
    const std::int64_t padding = numbers.size() > 3 ? numbers[3] : 0;
    const std::string name = numbered("conv");
    torch::nn::Conv2d conv = network_.register_module(
        name,
        torch::nn::Conv2d(
            torch::nn::Conv2dOptions(shape_[0], numbers[0], side).stride(stride).padding(padding)));
    step([conv](const torch::Tensor& t) mutable { return conv->forward(t); });
    shape_[0] = numbers[0];
    shrink(side, stride, padding);
    pending_ = {name, {"conv", true}};
  }

  void add_pool(std::int64_t side) {
    record_pending();
    need_image();
    step([side](const torch::Tensor& t) { return torch::max_pool2d(t, side); });
    shrink(side, side, 0);
    pending_ = {numbered("pool"), {"pool", true}};
  }

  void add_dropout(const Entry& entry) {
    if (entry.numbers.size() != 1 || !(entry.numbers[0] >= 0 && entry.numbers[0] < 1))
      fail("it is written \"dropout PROBABILITY\", at least 0 and below 1");
    record_pending();
    LayerList* const network = &network_;
    step([network, rate = entry.numbers[0]](const torch::Tensor& t) {
      return torch::dropout(t, rate, network->is_training());
    });
  }

  void add_batch_norm() {
    const std::string name = numbered("batchnorm");
    if (shape_.size() == 3) {
      torch::nn::BatchNorm2d norm =
          network_.register_module(name, torch::nn::BatchNorm2d(shape_[0]));
      return step([norm](const torch::Tensor& t) mutable { return norm->forward(t); });
    }
    torch::nn::BatchNorm1d norm = network_.register_module(name, torch::nn::BatchNorm1d(count()));
    shape_ = {count()};
    step([norm](const torch::Tensor& t) mutable { return norm->forward(t.flatten(1)); });
  }

  void open_block() {
    record_pending();
    blocks_.push_back(shape_);
    LayerList* const network = &network_;
    step([network](const torch::Tensor& t) {
      network->kept_.push_back(t);
      return t;
    });
  }

  void close_block() {
    if (blocks_.empty()) fail("there is no \"residual\" before it");
    record_pending();
    if (blocks_.back() != shape_) {
      fail(
          fmt::format("the block changes a row from {} to {} numbers or their order, so that the "
                      "two cannot be added",
                      fmt::join(blocks_.back(), "x"), fmt::join(shape_, "x")));
    }
    blocks_.pop_back();
    LayerList* const network = &network_;
    step([network](const torch::Tensor& t) {
      const torch::Tensor sum = t + network->kept_.back();
      network->kept_.pop_back();
      return sum;
    });
    pending_ = {numbered("residual"), {"residual", false}};
  }

  template <class Work>
  void step(Work work) {
    network_.steps_.emplace_back(std::move(work));
  }

  /// The layer that is being put together is whole: it is recorded here.
  void record_pending() {
    if (pending_.name.empty()) return;
    LayerList* const network = &network_;
    step([network, layer = pending_](const torch::Tensor& t) {
      return network->probe(layer.name, layer.role, t);
    });
    pending_ = {};
  }

  std::string numbered(const std::string& word) { return word + std::to_string(++numbers_[word]); }

  std::int64_t count() const {
    std::int64_t product = 1;
    for (const std::int64_t n : shape_) product *= n;
    return product;
  }

  void need_image() const {
    if (shape_.size() == 3) return;
    fail(fmt::format("it takes images (channel x height x width), and a row is {} here",
                     fmt::join(shape_, "x")));
  }

  void shrink(std::int64_t side, std::int64_t stride, std::int64_t padding) {
    for (std::size_t d = 1; d < 3; ++d) {
      const std::int64_t room = shape_[d] + 2 * padding - side;
      if (room < 0) fail(fmt::format("the image is only {} wide or high here", shape_[d]));
      shape_[d] = room / stride + 1;
    }
  }

  struct Pending {
    std::string name;
    LayerRole role;
  };
  LayerList& network_;
  std::vector<std::int64_t> shape_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::map<std::string, int> numbers_;
  std::vector<std::vector<std::int64_t>> blocks_;  ///< shapes at the open `residual`s
  Pending pending_;
};

LayerList::LayerList(const NetworkInput& input) { Builder(*this, input).build(input.classes); }

torch::Tensor LayerList::forward(const torch::Tensor& inputs) {
  kept_.clear();  // what an error left there
  torch::Tensor t = inputs;
  for (const Step& step : steps_) t = step(t);
  return output(t);
}

}  // namespace infoplane
