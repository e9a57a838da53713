#include "comm/ticket_service.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "core/errors.hpp"
#include "core/log.hpp"

namespace infoplane {
namespace {

constexpr int request_tag = 101;
constexpr int answer_tag = 102;
constexpr std::int64_t no_more = -1;
constexpr auto look_every = std::chrono::microseconds(500);

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

class TicketService::Server {
 public:
  Server(const Communicator& comm, const std::vector<double>& predicted_cost, OnReport on_report,
         const std::vector<Filler>& fillers)
      : comm_(comm),
        queue_(predicted_cost, fillers),
        on_report_(std::move(on_report)),
        waiting_ranks_(comm.size() - 1) {
    log_.ranks.resize(static_cast<std::size_t>(comm.size()));
    if (waiting_ranks_ > 0 && comm.threads_may_communicate()) {
      thread_ = std::thread([this] { serve_from_thread(); });
    }
  }

  ~Server() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::optional<std::size_t> next(const TicketReport& last) {
    const std::lock_guard<std::mutex> lock(mutex_);
    RankBusy& busy = log_.ranks.at(static_cast<std::size_t>(last.rank));
    busy.busy_s += last.outside_s;
    if (last.ticket >= 0) {
      const auto ticket = static_cast<std::size_t>(last.ticket);
      busy.busy_s += last.seconds;
      ++(ticket < queue_.tickets() ? busy.tickets : busy.fillers);
      queue_.done(ticket, last.rank, last.failed != 0);
      if (on_report_) on_report_(last);
    }
    return queue_.take(last.rank);
  }

  /// Answers every request that has come.
  void serve() {
    if (!thread_.joinable()) answer_all();
  }

  void close() {
    if (thread_.joinable()) thread_.join();
    while (waiting_ranks_ > 0) {
      answer_all();
      std::this_thread::sleep_for(look_every);
    }
    log_.wall_s = seconds_since(start_);
  }

  const BusyLog& busy_log() const { return log_; }

 private:
  void serve_from_thread() {
    try {
      while (waiting_ranks_ > 0 && !stop_) {
        answer_all();
        std::this_thread::sleep_for(look_every);
      }
    } catch (const std::exception& error) {
      // The others wait for answers that will not come.
      log_error("the ticket service failed: {}", error.what());
      comm_.abort(static_cast<int>(ExitCode::internal_failure));
    }
  }

  void answer_all() {
    while (const std::optional<Message> request = comm_.poll(request_tag)) {
      TicketReport last;
      if (request->bytes.size() != sizeof last)
        throw InternalError("a ticket request of the wrong size");
      std::memcpy(&last, request->bytes.data(), sizeof last);
      const std::optional<std::size_t> ticket = next(last);
      const std::int64_t answer = ticket ? static_cast<std::int64_t>(*ticket) : no_more;
      comm_.send(&answer, sizeof answer, request->from, answer_tag);
      if (!ticket) --waiting_ranks_;
    }
  }

  Communicator comm_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;  ///< of the queue, the log and the reports
  TicketQueue queue_;
  BusyLog log_;
  OnReport on_report_;
  std::atomic<int> waiting_ranks_;  ///< ranks that may still ask
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TicketService::TicketService(const Communicator& comm, const std::vector<double>& predicted_cost,
                             OnReport on_report, const std::vector<Filler>& fillers)
    : comm_(comm) {
  if (comm.is_root())
    server_ = std::make_unique<Server>(comm, predicted_cost, std::move(on_report), fillers);
}

TicketService::~TicketService() = default;

std::optional<std::size_t> TicketService::next(const TicketReport& last) {
  TicketReport report = last;
  report.rank = comm_.rank();
  report.outside_s = std::exchange(outside_s_, 0.0);
  if (server_) {
    server_->serve();
    return server_->next(report);
  }
  comm_.send(&report, sizeof report, 0, request_tag);
  const Message answer = comm_.receive(0, answer_tag);
  std::int64_t ticket = no_more;
  if (answer.bytes.size() != sizeof ticket) throw InternalError("a ticket of the wrong size");
  std::memcpy(&ticket, answer.bytes.data(), sizeof ticket);
  if (ticket == no_more) return std::nullopt;
  return static_cast<std::size_t>(ticket);
}

void TicketService::serve() {
  if (server_) server_->serve();
}

void TicketService::close() {
  if (server_) server_->close();
  comm_.barrier();
}

BusyLog TicketService::busy_log() const { return server_ ? server_->busy_log() : BusyLog{}; }

void for_each_ticket(TicketService& service, const std::function<bool(std::size_t)>& work) {
  TicketReport last;
  while (const std::optional<std::size_t> ticket = service.next(last)) {
    const Clock::time_point start = Clock::now();
    last = {};
    last.failed = work(*ticket) ? 1 : 0;
    last.ticket = static_cast<std::int64_t>(*ticket);
    last.seconds = seconds_since(start);
  }
  service.close();
}

}  // namespace infoplane
