#include "comm/ticket_service.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "comm/measured_speed.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"

namespace infoplane {
namespace {

constexpr int request_tag = 101;
constexpr int answer_tag = 102;
constexpr std::int64_t no_more = -1;
constexpr auto look_every = std::chrono::microseconds(500);
/// Where ranks hold tickets and rank 0 answers between its own, hardly anybody waits for the
/// thread, and a look takes some 20 us from rank 0's work.
constexpr auto look_rarely = std::chrono::microseconds(2000);
/// Ranks ask whether the job ends this often, or rarer where many would keep rank 0 busy.
constexpr double ask_every_s = 0.1;
constexpr double ask_every_s_and_rank = 1e-3;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Tickets that ranks have from the start, `each` of them or as many as there are. There and back
/// through the ranks: whose first is longer has a shorter second.
std::vector<std::deque<std::size_t>> first_tickets(TicketQueue& queue, int ranks,
                                                   std::size_t each) {
  std::vector<std::deque<std::size_t>> first(static_cast<std::size_t>(ranks));
  for (std::size_t round = 0; round < each; ++round) {
    for (int at = 0; at < ranks && queue.left() > 0; ++at) {
      const int rank = round % 2 == 0 ? at : ranks - 1 - at;
      first[static_cast<std::size_t>(rank)].push_back(*queue.take(rank));
    }
  }
  return first;
}

}  // namespace

/// What a rank says to rank 0: that it is done and wants more, or, with `only_look`, how far it is.
struct TicketService::Request {
  TicketReport report;
  double share = 0;
  double seconds = 0;
  std::int32_t only_look = 0;
  std::int32_t stop = 0;  ///< StopCause, where this rank knows of one
};

struct TicketService::Answer {
  std::int64_t ticket = no_more;
  std::int32_t stop = 0;
  std::int32_t unused = 0;  ///< what would be there anyway, but with a value
};

static_assert(std::is_trivially_copyable_v<TicketReport>, "reports travel as their bytes");

class TicketService::Server {
 public:
  Server(const Communicator& comm, const std::vector<double>& predicted_cost, OnReport on_report,
         const std::vector<Filler>& fillers, StopRequest* stop, OnHandedOut on_handed_out,
         std::size_t first)
      : comm_(comm),
        stop_request_(stop),
        ranks_hold_tickets_(first > 0),
        queue_(predicted_cost, fillers),
        speed_(comm.size()),
        is_away_(static_cast<std::size_t>(comm.size()), 0),
        held_(static_cast<std::size_t>(comm.size()), 0),
        on_report_(std::move(on_report)),
        on_handed_out_(std::move(on_handed_out)),
        waiting_ranks_(comm.size() - 1) {
    log_.ranks.resize(static_cast<std::size_t>(comm.size()));
    const std::vector<std::deque<std::size_t>> held = first_tickets(queue_, comm.size(), first);
    for (int rank = 0; rank < comm.size(); ++rank) {
      for (const std::size_t ticket : held[static_cast<std::size_t>(rank)]) hand_out(ticket, rank);
    }
    if (waiting_ranks_ > 0 && comm.threads_may_communicate()) {
      thread_ = std::thread([this] { serve_from_thread(); });
    }
  }

  ~Server() { end_thread(); }

  void report(const TicketReport& last) {
    const std::lock_guard<std::mutex> lock(mutex_);
    RankBusy& busy = log_.ranks.at(static_cast<std::size_t>(last.rank));
    busy.busy_s += last.outside_s;
    if (last.ticket >= 0) {
      const auto ticket = static_cast<std::size_t>(last.ticket);
      busy.busy_s += last.seconds;
      ++(ticket < queue_.tickets() ? busy.tickets : busy.fillers);
      --held_.at(static_cast<std::size_t>(last.rank));
      queue_.done(ticket, last.rank, last.failed != 0);
      if (ticket < queue_.tickets() && last.failed == 0)
        speed_.finished(last.rank, queue_.cost_of(ticket), last.seconds);
      if (on_report_) on_report_(last);
    }
  }

  std::optional<std::size_t> next(int rank) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::optional<std::size_t> next = take(rank);
    if (next) hand_out(*next, rank);
    return next;
  }

  /// Rank `rank` is this far with the ticket it has.
  void look(int rank, std::int64_t ticket, double share, double seconds) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ticket >= 0 && static_cast<std::size_t>(ticket) < queue_.tickets())
      speed_.working(rank, share * queue_.cost_of(static_cast<std::size_t>(ticket)), seconds);
  }

  /// Answers every request that has come, on rank 0's own thread.
  void serve() {
    rank_0_answers_ = true;
    answer();
  }
  void close() {
    // Now that rank 0 has nothing else to do it need not wait for the thread to wake up.
    constexpr int soon = 100;
    for (int looks = 0; waiting_ranks_ > 0; ++looks) {
      serve();
      if (looks < soon) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(look_every / 10);
      }
    }
    end_thread();
    log_.wall_s = seconds_since(start_);
    // Tickets are left, and there was no time for them.
    if (too_long_ && queue_.left() > 0) stop_request_->request(StopCause::time);
  }

  const BusyLog& busy_log() const { return log_; }

 private:
  void answer() {
    const std::unique_lock<std::mutex> alone(answering_, std::try_to_lock);
    if (alone && waiting_ranks_ > 0) answer_all();
  }

  void serve_from_thread() {
    try {
      while (waiting_ranks_ > 0) {
        answer();
        std::unique_lock<std::mutex> lock(sleep_);
        const auto pause = ranks_hold_tickets_ && rank_0_answers_ ? look_rarely : look_every;
        if (wake_.wait_for(lock, pause, [&] { return stop_; })) return;
      }
    } catch (const std::exception& error) {
      // The others wait for answers that will not come.
      log_error("the ticket service failed: {}", error.what());
      comm_.abort(static_cast<int>(ExitCode::internal_failure));
    }
  }

  void end_thread() {
    {
      const std::lock_guard<std::mutex> lock(sleep_);
      stop_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void answer_all() {
    while (const std::optional<Message> request = comm_.poll(request_tag)) {
      Request asked;
      if (request->bytes.size() != sizeof asked)
        throw InternalError("a ticket request of the wrong size");
      std::memcpy(&asked, request->bytes.data(), sizeof asked);
      if (stop_request_ != nullptr) stop_request_->request(static_cast<StopCause>(asked.stop));
      Answer answer;
      if (asked.only_look != 0) {
        look(request->from, asked.report.ticket, asked.share, asked.seconds);
      } else {
        report(asked.report);
        if (const std::optional<std::size_t> ticket = next(request->from))
          answer.ticket = static_cast<std::int64_t>(*ticket);
      }
      if (stop_request_ != nullptr) {
        stop_request_->look();
        answer.stop = static_cast<std::int32_t>(stop_request_->cause());
      }
      comm_.send(&answer, sizeof answer, request->from, answer_tag);
      if (asked.only_look == 0 && answer.ticket == no_more && holds_none(request->from))
        --waiting_ranks_;
    }
  }

  void hand_out(std::size_t ticket, int rank) {
    ++held_.at(static_cast<std::size_t>(rank));
    if (on_handed_out_) on_handed_out_(ticket, rank);
  }

  bool holds_none(int rank) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return held_.at(static_cast<std::size_t>(rank)) == 0;
  }

  std::optional<std::size_t> take(int rank) {
    if (stop_request_ == nullptr) return queue_.take(rank);
    // A rank that was told so takes no ticket any more, even if there would be time for one now.
    char& is_away = is_away_.at(static_cast<std::size_t>(rank));
    if (is_away != 0 || stop_request_->look()) return std::nullopt;
    const std::optional<std::size_t> next = queue_.take(rank, most_cost());
    if (!next) is_away = 1;
    if (!next && queue_.left() > 0) too_long_ = true;
    return next;
  }

  /// Of a ticket that may be started now.
  double most_cost() const {
    constexpr double any = std::numeric_limits<double>::infinity();
    const std::optional<double> factor = speed_.seconds_per_predicted();
    // Before anything is measured a job may not refuse all there is to do.
    if (!factor) return any;
    if (queue_.highest_left() * *factor > stop_request_->budget_s()) return any;
    return stop_request_->left_s() / *factor;
  }

  Communicator comm_;
  StopRequest* stop_request_;
  const Clock::time_point start_ = Clock::now();
  const bool ranks_hold_tickets_;
  std::atomic<bool> rank_0_answers_{false};  ///< between its tickets
  std::mutex mutex_;                         ///< of the queue, the log and the reports
  TicketQueue queue_;
  MeasuredSpeed speed_;
  bool too_long_ = false;      ///< a rank was sent away for lack of time
  std::vector<char> is_away_;  ///< by rank: it was told that there is no more
  std::vector<int> held_;      ///< by rank: tickets that it has not reported
  BusyLog log_;
  OnReport on_report_;
  OnHandedOut on_handed_out_;
  std::atomic<int> waiting_ranks_;  ///< ranks that may still ask
  std::mutex answering_;            ///< answers to one rank keep their order
  std::mutex sleep_;                ///< of stop_
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

TicketService::TicketService(const Communicator& comm, const std::vector<double>& predicted_cost,
                             OnReport on_report, const std::vector<Filler>& fillers,
                             StopRequest* stop, OnHandedOut on_handed_out, std::size_t first)
    : comm_(comm), stop_(stop), looked_(Clock::now()) {
  if (first > 0) {
    TicketQueue queue(predicted_cost);
    first_ = first_tickets(queue, comm.size(), first).at(static_cast<std::size_t>(comm.rank()));
  }
  if (comm.is_root())
    server_ = std::make_unique<Server>(comm, predicted_cost, std::move(on_report), fillers, stop,
                                       std::move(on_handed_out), first);
}

TicketService::~TicketService() = default;

TicketService::Answer TicketService::take_answer(const Message& message) {
  Answer answer;
  if (message.bytes.size() != sizeof answer) throw InternalError("a ticket of the wrong size");
  std::memcpy(&answer, message.bytes.data(), sizeof answer);
  if (stop_ != nullptr) stop_->request(static_cast<StopCause>(answer.stop));
  return answer;
}

std::optional<std::size_t> TicketService::next(const TicketReport& last) {
  if (server_) {
    server_->serve();
    server_->report(completed(last));
    return first_.empty() ? working_on(server_->next(0)) : first();
  }
  ask(last);
  return answer();
}

TicketReport TicketService::completed(TicketReport report) {
  report.rank = comm_.rank();
  report.outside_s = std::exchange(outside_s_, 0.0);
  report.note = std::exchange(note_, {});
  report.count = std::exchange(count_, 0);
  return report;
}

std::optional<std::size_t> TicketService::first() {
  if (first_.empty()) return std::nullopt;
  const std::size_t ticket = first_.front();
  first_.pop_front();
  return working_on(ticket);
}

std::optional<std::size_t> TicketService::working_on(std::optional<std::size_t> ticket) {
  ticket_ = ticket ? static_cast<std::int64_t>(*ticket) : -1;
  return ticket;
}

void TicketService::ask(const TicketReport& last) {
  if (std::exchange(looking_, false))
    take_answer(comm_.receive(0, answer_tag));  // answers come in order
  Request request;
  request.report = completed(last);
  if (stop_ != nullptr && stop_->look()) request.stop = static_cast<std::int32_t>(stop_->cause());
  comm_.send(&request, sizeof request, 0, request_tag);
  ++asked_;
}

std::optional<std::size_t> TicketService::answer() {
  const Answer answer = take_answer(comm_.receive(0, answer_tag));
  --asked_;
  return working_on(answer.ticket == no_more
                        ? std::nullopt
                        : std::optional(static_cast<std::size_t>(answer.ticket)));
}

void TicketService::note(std::string_view text) {
  note_ = {};
  std::copy_n(text.begin(), std::min(text.size(), note_.size() - 1), note_.begin());
}

void TicketService::serve() {
  if (server_) server_->serve();
}

bool TicketService::stop_wanted(double share, double seconds) {
  serve();
  if (stop_ == nullptr) return false;
  const bool wanted = stop_->look();
  // The next answer is a ticket's, and says as much.
  if (asked_ > 0) return stop_->requested();
  const double every_s = std::max(ask_every_s, ask_every_s_and_rank * comm_.size());
  if (!wanted && seconds_since(looked_) < every_s && !looking_) return false;
  if (server_) {
    looked_ = Clock::now();
    server_->look(0, ticket_, share, seconds);
    return wanted;
  }
  if (looking_) {
    if (const std::optional<Message> message = comm_.poll(answer_tag)) {
      looking_ = false;
      take_answer(*message);
    }
  } else if (!wanted) {
    Request request;
    request.report.ticket = ticket_;
    request.share = share;
    request.seconds = seconds;
    request.only_look = 1;
    comm_.send(&request, sizeof request, 0, request_tag);
    looking_ = true;
    looked_ = Clock::now();
  }
  return stop_->requested();
}

void TicketService::close() {
  if (server_) server_->close();
  comm_.barrier();
  while (asked_ > 0) answer();  // that there are no more, sent before rank 0 came to the barrier
}

BusyLog TicketService::busy_log() const { return server_ ? server_->busy_log() : BusyLog{}; }

namespace {

TicketReport do_ticket(std::size_t ticket, const std::function<bool(std::size_t)>& work) {
  const Clock::time_point start = Clock::now();
  TicketReport report;
  report.failed = work(ticket) ? 1 : 0;
  report.ticket = static_cast<std::int64_t>(ticket);
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace

void for_each_ticket(TicketService& service, const std::function<bool(std::size_t)>& work) {
  TicketReport last;
  while (const std::optional<std::size_t> ticket = service.next(last)) {
    last = do_ticket(*ticket, work);
  }
  service.close();
}

void for_each_short_ticket(TicketService& service, const std::function<bool(std::size_t)>& work) {
  if (service.serves()) return for_each_ticket(service, work);
  std::optional<std::size_t> ticket = service.first();
  if (!ticket) {
    service.ask({});
    ticket = service.answer();
    if (ticket) service.ask({});
  }
  while (ticket) {
    service.ask(do_ticket(*ticket, work));
    ticket = service.first();
    if (!ticket) ticket = service.answer();
  }
  service.close();
}

}  // namespace infoplane
