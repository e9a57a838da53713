#include "training/checkpoint.hpp"

#include <algorithm>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <sstream>
#include <utility>

#include "core/errors.hpp"

namespace infoplane {
namespace {

struct Numbers {
  std::int64_t epoch, row, batches, next_hook, steps, waited;
  double best_loss, seconds;
  std::vector<std::uint64_t> epoch_start;
  std::vector<std::int64_t> gradient_counts;
  std::vector<double> gradient_squares;
  std::uint64_t recorded;
  std::vector<std::uint64_t> slab_parts;
  std::string tensors;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& epoch& row& batches& next_hook& steps& waited& best_loss& seconds& epoch_start;
    archive& gradient_counts& gradient_squares& recorded& slab_parts& tensors;
  }
};

void write_list(torch::serialize::OutputArchive& archive, const std::string& name,
                const std::vector<torch::Tensor>& tensors) {
  archive.write(name, torch::tensor(static_cast<std::int64_t>(tensors.size())));
  for (std::size_t i = 0; i < tensors.size(); ++i)
    archive.write(name + std::to_string(i), tensors[i].detach().to(torch::kCPU));
}

std::vector<torch::Tensor> read_list(torch::serialize::InputArchive& archive,
                                     const std::string& name) {
  torch::Tensor count;
  archive.read(name, count);
  std::vector<torch::Tensor> tensors(static_cast<std::size_t>(count.item<std::int64_t>()));
  for (std::size_t i = 0; i < tensors.size(); ++i)
    archive.read(name + std::to_string(i), tensors[i]);
  return tensors;
}

std::vector<torch::Tensor> if_defined(const torch::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor};
}

std::string tensors_of(const TrialCheckpoint& checkpoint) {
  torch::serialize::OutputArchive archive;
  write_list(archive, "weights", checkpoint.training.weights);
  write_list(archive, "moments", checkpoint.training.moments);
  write_list(archive, "means", checkpoint.gradients.means);
  write_list(archive, "generator", if_defined(checkpoint.training.generator));
  write_list(archive, "device_generator", if_defined(checkpoint.training.device_generator));
  std::ostringstream stream;
  archive.save_to(stream);
  return stream.str();
}

void read_tensors(const std::string& bytes, TrialCheckpoint& checkpoint) {
  torch::serialize::InputArchive archive;
  archive.load_from(bytes.data(), bytes.size());
  checkpoint.training.weights = read_list(archive, "weights");
  checkpoint.training.moments = read_list(archive, "moments");
  checkpoint.gradients.means = read_list(archive, "means");
  const auto last = [&](const char* name) {
    const std::vector<torch::Tensor> list = read_list(archive, name);
    return list.empty() ? torch::Tensor() : list[0];
  };
  checkpoint.training.generator = last("generator");
  checkpoint.training.device_generator = last("device_generator");
}

}  // namespace

std::string encode(const TrialCheckpoint& checkpoint) {
  const TrainingState& t = checkpoint.training;
  const Numbers numbers{t.epoch,
                        t.row,
                        t.batches,
                        t.next_hook,
                        t.steps,
                        t.waited,
                        t.best_loss,
                        checkpoint.seconds,
                        {t.epoch_start.begin(), t.epoch_start.end()},
                        checkpoint.gradients.counts,
                        checkpoint.gradients.squares,
                        checkpoint.recorded,
                        checkpoint.slab_parts,
                        tensors_of(checkpoint)};
  std::ostringstream stream;
  boost::archive::binary_oarchive(stream) << numbers;
  return stream.str();
}

TrialCheckpoint decode_checkpoint(const std::string& bytes) {
  try {
    Numbers numbers{};
    std::istringstream stream(bytes);
    boost::archive::binary_iarchive(stream) >> numbers;
    TrialCheckpoint checkpoint;
    TrainingState& t = checkpoint.training;
    t.epoch = numbers.epoch;
    t.row = numbers.row;
    t.batches = numbers.batches;
    t.next_hook = numbers.next_hook;
    t.steps = numbers.steps;
    t.waited = numbers.waited;
    t.best_loss = numbers.best_loss;
    if (numbers.epoch_start.size() != t.epoch_start.size())
      throw InputError("a checkpoint has no random stream");
    std::copy(numbers.epoch_start.begin(), numbers.epoch_start.end(), t.epoch_start.begin());
    checkpoint.gradients.counts = std::move(numbers.gradient_counts);
    checkpoint.gradients.squares = std::move(numbers.gradient_squares);
    checkpoint.recorded = numbers.recorded;
    checkpoint.slab_parts = std::move(numbers.slab_parts);
    checkpoint.seconds = numbers.seconds;
    read_tensors(numbers.tensors, checkpoint);
    return checkpoint;
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& error) {  // of Boost, LibTorch, or a size without sense
    const std::string what = error.what();
    throw InputError("a checkpoint cannot be read: " + what.substr(0, what.find('\n')));
  }
}

}  // namespace infoplane
