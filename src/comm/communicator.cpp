#include "comm/communicator.hpp"

#include <cstdlib>

#include "core/errors.hpp"

namespace infoplane {
namespace {

class SerialTransport : public Transport {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void barrier() override {}
  bool barrier_within(double) override { return true; }
  void broadcast(std::vector<char>&, int) override {}
  void sum(std::vector<std::int64_t>&, int) override {}
  void sum_parts(std::int64_t*, const std::vector<std::size_t>&) override {}
  void gather_parts(char*, const std::vector<std::size_t>&) override {}
  void send(const void*, std::size_t, int, int) override { nobody(); }
  std::optional<Message> poll(int) override { return std::nullopt; }
  Message receive(int, int) override { nobody(); }
  bool threads_may_communicate() const override { return true; }
  void abort(int exit_code) override { std::_Exit(exit_code); }

 private:
  [[noreturn]] static void nobody() {
    throw InternalError("a process alone has nobody to talk to");
  }
};

}  // namespace

Communicator Communicator::serial() { return Communicator(std::make_shared<SerialTransport>()); }

}  // namespace infoplane
