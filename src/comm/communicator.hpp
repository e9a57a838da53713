#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
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
  virtual void sum_parts(std::int64_t* values, const std::vector<std::size_t>& bounds) = 0;
  virtual void gather_parts(char* bytes, const std::vector<std::size_t>& bounds) = 0;
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

  // Values in parts, one of each rank: that of rank r goes from bounds[r] up to bounds[r + 1]. The
  // same size() + 1 bounds on every rank, from 0 to the number of values, which is the same, too.
  //
  //     values  10 11 12 13 14, bounds 0 2 5: rank 0 has 10 11, rank 1 has 12 13 14

  /// Collective: the part of each rank becomes the sums over all ranks, its other values stay what
  /// they are. The work of sum(), shared.
  template <class Allocator>
  void sum_parts(std::vector<std::int64_t, Allocator>& values,
                 const std::vector<std::size_t>& bounds) const {
    transport_->sum_parts(values.data(), bounds);
  }
  /// Collective: the part of each rank reaches all others. At most 2 GiB.
  template <class T>
  void gather_parts(std::vector<T>& values, std::vector<std::size_t> bounds) const {
    static_assert(std::is_trivially_copyable_v<T>, "values travel as their bytes");
    for (std::size_t& bound : bounds) bound *= sizeof(T);
    gather_bytes(reinterpret_cast<char*>(values.data()), bounds);
  }
  void gather_bytes(char* bytes, const std::vector<std::size_t>& bounds) const {
    transport_->gather_parts(bytes, bounds);
  }

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
