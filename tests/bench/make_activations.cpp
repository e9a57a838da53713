// Trains a small network on MNIST and writes what its hidden layers answer, for the benchmarks.
//
//   make_activations OUT [EPOCHS]       (default 5 epochs, about 40 s on one core)
//
// 784-1024-20-20-20-10, relu, as in the study; trained quicker than there: Adam 1e-3, batches of
// 256, all 60,000 training images (pixels / 255), seed 1, one thread. Reads INFOPLANE_DATA/mnist.
//
// OUT/layer2.npy, layer3.npy, layer4.npy  float32 [60000][20], after the relu
// OUT/layer1.npy                          float32 [10000][1024], the first 10,000 rows
// OUT/labels.npy                          int32 [60000]

#include <fmt/format.h>
#include <torch/torch.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/npy.hpp"
#include "core/errors.hpp"

namespace {

using infoplane::InputError;
using infoplane::UsageError;
namespace bench = infoplane::bench;

constexpr std::int64_t images = 60000;
constexpr std::int64_t pixels = 784;
constexpr std::int64_t wide_layer_rows = 10000;
constexpr std::int64_t batch = 256;

/// The bytes after the header of a gzipped IDX file.
std::vector<std::uint8_t> read_idx(const std::filesystem::path& path, std::size_t header,
                                   std::size_t size) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw InputError(fmt::format("cannot open {}", path.string()));
  std::vector<std::uint8_t> bytes(header + size);
  const int read = gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  if (read != static_cast<int>(bytes.size())) {
    throw InputError(
        fmt::format("{} holds {} bytes instead of {}", path.string(), read, bytes.size()));
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return bytes;
}

struct Net : torch::nn::Module {
  std::vector<torch::nn::Linear> layers;

  Net() {
    const std::vector<std::int64_t> widths{pixels, 1024, 20, 20, 20, 10};
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      layers.push_back(register_module("linear" + std::to_string(i + 1),
                                       torch::nn::Linear(widths[i], widths[i + 1])));
    }
  }

  /// Activations of every layer; the last are the logits.
  std::vector<torch::Tensor> forward(torch::Tensor x) {
    std::vector<torch::Tensor> outputs;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      x = layers[i](x);
      if (i + 1 < layers.size()) x = torch::relu(x);
      outputs.push_back(x);
    }
    return outputs;
  }
};

void train(Net& net, const torch::Tensor& x, const torch::Tensor& y, int epochs) {
  torch::optim::Adam adam(net.parameters(), torch::optim::AdamOptions(1e-3));
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(images);
    for (std::int64_t begin = 0; begin < images; begin += batch) {
      const torch::Tensor rows = order.slice(0, begin, std::min(begin + batch, images));
      adam.zero_grad();
      torch::nn::functional::cross_entropy(net.forward(x.index_select(0, rows)).back(),
                                           y.index_select(0, rows))
          .backward();
      adam.step();
    }
    const torch::NoGradGuard no_gradients;
    const double accuracy =
        net.forward(x).back().argmax(1).eq(y).to(torch::kFloat64).mean().item<double>();
    fmt::print(stderr, "epoch {}: training accuracy {:.4f}\n", epoch, accuracy);
  }
}

void write(const std::filesystem::path& path, const torch::Tensor& activations) {
  const torch::Tensor values = activations.contiguous();
  bench::write_npy(path, infoplane::MatrixView<const float>(
                             values.data_ptr<float>(), static_cast<std::size_t>(values.size(0)),
                             static_cast<std::size_t>(values.size(1))));
}

int make_activations(const std::filesystem::path& out, int epochs) {
  const char* data = std::getenv("INFOPLANE_DATA");
  if (data == nullptr) {
    throw UsageError("INFOPLANE_DATA is not set; the training images are looked for in its mnist/");
  }
  const std::filesystem::path mnist = std::filesystem::path(data) / "mnist";
  std::vector<std::uint8_t> image_bytes =
      read_idx(mnist / "train-images-idx3-ubyte.gz", 16, images * pixels);
  const std::vector<std::uint8_t> label_bytes =
      read_idx(mnist / "train-labels-idx1-ubyte.gz", 8, images);
  const std::vector<std::int32_t> labels(label_bytes.begin(), label_bytes.end());
  const torch::Tensor x =
      torch::from_blob(image_bytes.data(), {images, pixels}, torch::kUInt8).to(torch::kFloat32) /
      255;
  const torch::Tensor y =
      torch::tensor(std::vector<std::int64_t>(label_bytes.begin(), label_bytes.end()));

  torch::set_num_threads(1);
  torch::manual_seed(1);
  Net net;
  train(net, x, y, epochs);

  const torch::NoGradGuard no_gradients;
  const std::vector<torch::Tensor> layers = net.forward(x);
  std::filesystem::create_directories(out);
  write(out / "layer1.npy", layers[0].slice(0, 0, wide_layer_rows));
  for (std::size_t layer = 2; layer <= 4; ++layer) {
    write(out / fmt::format("layer{}.npy", layer), layers[layer - 1]);
  }
  bench::write_npy(out / "labels.npy", labels);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) throw UsageError("usage: make_activations OUT [EPOCHS]");
  return make_activations(argv[1], argc == 3 ? std::stoi(argv[2]) : 5);
} catch (const infoplane::Error& error) {
  fmt::print(stderr, "make_activations: {}\n", error.what());
  return static_cast<int>(error.code());
} catch (const std::exception& error) {
  fmt::print(stderr, "make_activations: {}\n", error.what());
  return 1;
}
