#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "comm/communicator.hpp"

// N ranks as threads of one process: the same code as under mpirun, where ThreadSanitizer sees it.

namespace infoplane::test {

/// What waits in a rank whose group has ended. No std::exception: nothing may take it for an error
/// of the work.
struct GroupEnded {};

/// What the ranks share: a mailbox each, barriers, and the place where collectives meet.
class ThreadGroup {
 public:
  explicit ThreadGroup(int size) : mailboxes_(static_cast<std::size_t>(size)), size_(size) {}

  int size() const { return size_; }

  void post(int to, int tag, Message message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    mailboxes_[static_cast<std::size_t>(to)].emplace_back(tag, std::move(message));
    changed_.notify_all();
  }

  /// The first message with this tag, from `from` or, -1, from whomever.
  std::optional<Message> take(int rank, int from, int tag) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return take_locked(rank, from, tag);
  }

  Message wait(int rank, int from, int tag) {
    std::unique_lock<std::mutex> lock(mutex_);
    std::optional<Message> message;
    changed_.wait(lock, [&] { return ended_ || (message = take_locked(rank, from, tag)); });
    if (!message) throw GroupEnded();
    return std::move(*message);
  }

  void barrier() {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t round = enter(barrier_);
    changed_.wait(lock, [&] { return ended_ || barrier_.round != round; });
    if (barrier_.round == round) throw GroupEnded();
  }

  bool barrier_within(double timeout_s) {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::uint64_t round = enter(error_barrier_);
    changed_.wait_for(lock, std::chrono::duration<double>(timeout_s),
                      [&] { return ended_ || error_barrier_.round != round; });
    return error_barrier_.round != round;
  }

  /// Collective: rank `root` shows `write` a place that all others then `read`.
  void broadcast(int rank, int root, std::vector<char>& bytes) {
    if (rank == root) shown_ = bytes;
    barrier();
    if (rank != root) bytes = shown_;
    barrier();
  }

  void sum(int rank, int root, std::vector<std::int64_t>& values) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      sums_.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) sums_[i] += values[i];
    }
    barrier();
    if (rank == root) values = std::exchange(sums_, {});
    barrier();
  }

  void sum_parts(int rank, std::int64_t* values, const std::vector<std::size_t>& bounds) {
    const std::vector<std::int64_t> all(values, values + bounds.back());
    for (int root = 0; root < size_; ++root) {
      std::vector<std::int64_t> sums = all;
      sum(rank, root, sums);
      if (rank != root) continue;
      const auto part = static_cast<std::size_t>(rank);
      std::copy(sums.data() + bounds[part], sums.data() + bounds[part + 1], values + bounds[part]);
    }
  }

  void gather_parts(int rank, char* bytes, const std::vector<std::size_t>& bounds) {
    for (int root = 0; root < size_; ++root) {
      char* const first = bytes + bounds[static_cast<std::size_t>(root)];
      std::vector<char> part(first, bytes + bounds[static_cast<std::size_t>(root) + 1]);
      broadcast(rank, root, part);
      std::copy(part.begin(), part.end(), first);
    }
  }

  /// Ends all waiting, now and later.
  void end(int exit_code) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ended_) ended_ = exit_code;
    changed_.notify_all();
  }

  std::optional<int> ended() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ended_;
  }

 private:
  struct Barrier {
    int inside = 0;
    std::uint64_t round = 0;
  };

  std::uint64_t enter(Barrier& barrier) {
    const std::uint64_t round = barrier.round;
    if (++barrier.inside == size_) {
      barrier.inside = 0;
      ++barrier.round;
      changed_.notify_all();
    }
    return round;
  }

  std::optional<Message> take_locked(int rank, int from, int tag) {
    auto& box = mailboxes_[static_cast<std::size_t>(rank)];
    for (auto it = box.begin(); it != box.end(); ++it) {
      if (it->first != tag || (from >= 0 && it->second.from != from)) continue;
      Message message = std::move(it->second);
      box.erase(it);
      return message;
    }
    return std::nullopt;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::deque<std::pair<int, Message>>> mailboxes_;  // [rank] tag, message
  Barrier barrier_, error_barrier_;
  std::vector<char> shown_;
  std::vector<std::int64_t> sums_;
  std::optional<int> ended_;
  int size_;
};

/// One rank of a ThreadGroup.
class ThreadTransport : public Transport {
 public:
  ThreadTransport(std::shared_ptr<ThreadGroup> group, int rank)
      : group_(std::move(group)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return group_->size(); }
  void barrier() override { group_->barrier(); }
  bool barrier_within(double timeout_s) override { return group_->barrier_within(timeout_s); }
  void broadcast(std::vector<char>& bytes, int root) override {
    group_->broadcast(rank_, root, bytes);
  }
  void sum(std::vector<std::int64_t>& values, int root) override {
    group_->sum(rank_, root, values);
  }
  void sum_parts(std::int64_t* values, const std::vector<std::size_t>& bounds) override {
    group_->sum_parts(rank_, values, bounds);
  }
  void gather_parts(char* bytes, const std::vector<std::size_t>& bounds) override {
    group_->gather_parts(rank_, bytes, bounds);
  }
  void send(const void* bytes, std::size_t count, int to, int tag) override {
    const auto* first = static_cast<const char*>(bytes);
    group_->post(to, tag, {rank_, std::vector<char>(first, first + count)});
  }
  std::optional<Message> poll(int tag) override { return group_->take(rank_, -1, tag); }
  Message receive(int from, int tag) override { return group_->wait(rank_, from, tag); }
  bool threads_may_communicate() const override { return true; }
  void abort(int exit_code) override {
    group_->end(exit_code);
    throw GroupEnded();
  }

 private:
  std::shared_ptr<ThreadGroup> group_;
  int rank_;
};

/// Runs `work` as ranks 0, ..., ranks - 1 and waits for all. What a rank throws ends the group and
/// is thrown here. Returns the exit code with which a rank aborted the group, if one did.
inline std::optional<int> run_in_threads(int ranks,
                                         const std::function<void(const Communicator&)>& work) {
  const auto group = std::make_shared<ThreadGroup>(ranks);
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        work(Communicator(std::make_shared<ThreadTransport>(group, rank)));
      } catch (const GroupEnded&) {
      } catch (...) {
        {
          const std::lock_guard<std::mutex> lock(mutex);
          failure = std::current_exception();
        }
        group->end(-1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return group->ended();
}

}  // namespace infoplane::test
