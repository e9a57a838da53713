#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace infoplane {

/// Bytes that came from another rank.
struct Message {
  int from = 0;
  std::vector<char> bytes;
};

/// What a group of processes can do together. One implementation runs on MPI (comm/mpi.hpp), one in
/// a process alone. For control messages: bulk data goes through the file system.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void barrier() = 0;
  virtual bool barrier_within(double timeout_s) = 0;
  virtual void broadcast(std::vector<char>& bytes, int root) = 0;
  virtual void sum(std::vector<std::int64_t>& values, int root) = 0;
  virtual void send(const void* bytes, std::size_t count, int to, int tag) = 0;
  virtual std::optional<Message> poll(int tag) = 0;
  virtual Message receive(int from, int tag) = 0;
  /// Whether send, poll and receive may be called while another thread computes or communicates.
  virtual bool threads_may_communicate() const = 0;
  virtual void abort(int exit_code) = 0;  ///< does not return
};

/// A group of processes as a value: pass it on, do not ask who made it. Copies share one transport.
class Communicator {
 public:
  explicit Communicator(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

  /// This process alone: rank 0 of 1.
  static Communicator serial();

  int rank() const { return transport_->rank(); }
  int size() const { return transport_->size(); }
  bool is_root() const { return rank() == 0; }

  /// Collective. Waits without burning the core.
  void barrier() const { transport_->barrier(); }
  /// True when every rank came within the time. Used once, after an error, to learn whether all
  /// ranks met it: the group is unusable afterwards if not.
  bool barrier_within(double timeout_s) const { return transport_->barrier_within(timeout_s); }
  /// Collective: rank `root`'s bytes reach all.
  void broadcast(std::vector<char>& bytes, int root = 0) const {
    transport_->broadcast(bytes, root);
  }

  /// Collective: `values` of rank `root` become the sums over all ranks, element by element; those
  /// of the others stay what they are. As many on every rank. Integers, because their sums have the
  /// same bits in whatever order they are made; nobody looks out for overflow.
  void sum(std::vector<std::int64_t>& values, int root = 0) const { transport_->sum(values, root); }

  // Messages between two ranks, at most 2 GiB each. send returns when `bytes` may be reused;
  // receive waits without burning the core. All throw InternalError when MPI does.

  void send(const void* bytes, std::size_t count, int to, int tag) const {
    transport_->send(bytes, count, to, tag);
  }
  /// A message with this tag if one has come, from whomever.
  std::optional<Message> poll(int tag) const { return transport_->poll(tag); }
  Message receive(int from, int tag) const { return transport_->receive(from, tag); }

  bool threads_may_communicate() const { return transport_->threads_may_communicate(); }
  /// Ends every process of the group at once.
  [[noreturn]] void abort(int exit_code) const {
    transport_->abort(exit_code);
    std::abort();
  }

  const std::shared_ptr<Transport>& transport() const { return transport_; }

 private:
  std::shared_ptr<Transport> transport_;
};

}  // namespace infoplane
