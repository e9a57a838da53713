#include "comm/mpi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <thread>

#include "core/errors.hpp"

namespace infoplane {

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw InternalError(fmt::format("MPI failed: {} ({})",
                                  std::string(text, static_cast<std::size_t>(length)), call));
}

namespace {

/// Waits between looks at a request: first not at all, then longer and longer up to half a
/// millisecond. MPI's own waiting spins, and on a full node the core belongs to a rank that works.
class Patience {
 public:
  void pause() {
    if (++looks_ < 50) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(looks_ < 200 ? 50 : 500));
    }
  }

 private:
  int looks_ = 0;
};

void wait_for(MPI_Request& request, MPI_Status* status = MPI_STATUS_IGNORE) {
  Patience patience;
  for (int done = 0;;) {
    INFOPLANE_MPI(MPI_Test(&request, &done, status));
    if (done) return;
    patience.pause();
  }
}

/// Bulk data moves in many small steps, each of which would wait for the next look: the ranks
/// gather patiently, and then let MPI spin for the moment that it takes (1.3 s against 0.06 s
/// for 16 MB between two ranks). Below this many bytes one step is enough.
constexpr std::size_t few_bytes = 4096;

/// Of no message that anybody polls for.
constexpr int parts_tag = 1;

/// A private copy of a communicator, so that our messages never meet those of a library.
class OwnedComm {
 public:
  explicit OwnedComm(MPI_Comm original) {
    INFOPLANE_MPI(MPI_Comm_dup(original, &comm_));
    INFOPLANE_MPI(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN));
  }
  ~OwnedComm() {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!finalized) MPI_Comm_free(&comm_);
  }
  OwnedComm(const OwnedComm&) = delete;
  OwnedComm& operator=(const OwnedComm&) = delete;
  MPI_Comm get() const { return comm_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

class MpiTransport : public Transport {
 public:
  MpiTransport(MPI_Comm original, bool thread_multiple)
      : comm_(original), error_comm_(original), thread_multiple_(thread_multiple) {
    INFOPLANE_MPI(MPI_Comm_rank(comm_.get(), &rank_));
    INFOPLANE_MPI(MPI_Comm_size(comm_.get(), &size_));
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void barrier() override {
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(MPI_Ibarrier(comm_.get(), &request));
    wait_for(request);
  }

  bool barrier_within(double timeout_s) override {
    // On a communicator of its own: the other ranks may be inside any other collective.
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(MPI_Ibarrier(error_comm_.get(), &request));
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
    for (Patience patience; std::chrono::steady_clock::now() < deadline; patience.pause()) {
      int done = 0;
      INFOPLANE_MPI(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
      if (done) return true;
    }
    return false;
  }

  void broadcast(std::vector<char>& bytes, int root) override {
    unsigned long long count = bytes.size();
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(MPI_Ibcast(&count, 1, MPI_UNSIGNED_LONG_LONG, root, comm_.get(), &request));
    wait_for(request);
    bytes.resize(count);
    if (bytes.size() > few_bytes) barrier();
    constexpr std::size_t most_at_once = std::size_t{1} << 30;  // MPI counts are ints
    for (std::size_t sent = 0; sent < bytes.size(); sent += most_at_once) {
      const int part = static_cast<int>(std::min(most_at_once, bytes.size() - sent));
      INFOPLANE_MPI(MPI_Bcast(bytes.data() + sent, part, MPI_BYTE, root, comm_.get()));
    }
  }

  void sum(std::vector<std::int64_t>& values, int root) override {
    barrier();
    // In parts: MPI counts are ints, and MPI keeps copies of what it adds.
    constexpr std::size_t most_at_once = std::size_t{1} << 20;
    for (std::size_t summed = 0; summed < values.size(); summed += most_at_once) {
      const int part = static_cast<int>(std::min(most_at_once, values.size() - summed));
      std::int64_t* const mine = values.data() + summed;
      INFOPLANE_MPI(MPI_Reduce(rank_ == root ? MPI_IN_PLACE : mine, rank_ == root ? mine : nullptr,
                               part, MPI_INT64_T, MPI_SUM, root, comm_.get()));
    }
  }

  /// In turn with every other rank, in pieces that stay in the cache until they are added.
  void sum_parts(std::int64_t* values, const std::vector<std::size_t>& bounds) override {
    if (size_ == 1) return;
    barrier();
    constexpr std::size_t most_at_once = std::size_t{1} << 15;
    std::vector<std::int64_t> piece(most_at_once);
    const auto part = [&](int rank) {
      const auto r = static_cast<std::size_t>(rank);
      return std::pair(bounds[r], bounds[r + 1]);
    };
    for (int step = 1; step < size_; ++step) {
      const int to = (rank_ + step) % size_;
      const int from = (rank_ - step + size_) % size_;
      auto [send, send_end] = part(to);
      auto [add, add_end] = part(rank_);
      while (send < send_end || add < add_end) {
        const std::size_t sends = std::min(most_at_once, send_end - send);
        const std::size_t adds = std::min(most_at_once, add_end - add);
        INFOPLANE_MPI(MPI_Sendrecv(
            values + send, static_cast<int>(sends), MPI_INT64_T, sends > 0 ? to : MPI_PROC_NULL,
            parts_tag, piece.data(), static_cast<int>(adds), MPI_INT64_T,
            adds > 0 ? from : MPI_PROC_NULL, parts_tag, comm_.get(), MPI_STATUS_IGNORE));
        for (std::size_t i = 0; i < adds; ++i) values[add + i] += piece[i];
        send += sends;
        add += adds;
      }
    }
  }

  void gather_parts(char* bytes, const std::vector<std::size_t>& bounds) override {
    if (bounds.back() > INT_MAX) throw InternalError("more than 2 GiB to be gathered");
    std::vector<int> counts;
    std::vector<int> begins;
    for (std::size_t r = 0; r + 1 < bounds.size(); ++r) {
      counts.push_back(static_cast<int>(bounds[r + 1] - bounds[r]));
      begins.push_back(static_cast<int>(bounds[r]));
    }
    if (bounds.back() > few_bytes) {
      barrier();
      INFOPLANE_MPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, bytes, counts.data(),
                                   begins.data(), MPI_BYTE, comm_.get()));
      return;
    }
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, bytes, counts.data(),
                                  begins.data(), MPI_BYTE, comm_.get(), &request));
    wait_for(request);
  }

  void send(const void* bytes, std::size_t count, int to, int tag) override {
    if (count > INT_MAX) throw InternalError("a control message above 2 GiB");
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(
        MPI_Isend(bytes, static_cast<int>(count), MPI_BYTE, to, tag, comm_.get(), &request));
    wait_for(request);
  }

  std::optional<Message> poll(int tag) override { return take(MPI_ANY_SOURCE, tag); }

  Message receive(int from, int tag) override {
    Patience patience;
    for (;;) {
      if (std::optional<Message> message = take(from, tag)) return std::move(*message);
      patience.pause();
    }
  }

  bool threads_may_communicate() const override { return thread_multiple_; }

  void abort(int exit_code) override {
    MPI_Abort(comm_.get(), exit_code);
    std::_Exit(exit_code);
  }

  MPI_Comm handle() const { return comm_.get(); }

 private:
  /// A matched probe: between looking and receiving no other thread can take the message.
  std::optional<Message> take(int from, int tag) {
    int found = 0;
    MPI_Message handle = MPI_MESSAGE_NULL;
    MPI_Status status;
    INFOPLANE_MPI(MPI_Improbe(from, tag, comm_.get(), &found, &handle, &status));
    if (!found) return std::nullopt;
    int count = 0;
    INFOPLANE_MPI(MPI_Get_count(&status, MPI_BYTE, &count));
    Message message{status.MPI_SOURCE, std::vector<char>(static_cast<std::size_t>(count))};
    INFOPLANE_MPI(MPI_Mrecv(message.bytes.data(), count, MPI_BYTE, &handle, MPI_STATUS_IGNORE));
    return message;
  }

  OwnedComm comm_;
  OwnedComm error_comm_;
  bool thread_multiple_;
  int rank_ = 0;
  int size_ = 1;
};

bool started_by_launcher() {
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

MpiSession::MpiSession(int& argc, char**& argv) {
  if (!started_by_launcher()) return;
  int provided = MPI_THREAD_SINGLE;
  INFOPLANE_MPI(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided));
  started_ = true;
  world_ =
      Communicator(std::make_shared<MpiTransport>(MPI_COMM_WORLD, provided == MPI_THREAD_MULTIPLE));
}

MpiSession::~MpiSession() {
  if (!started_) return;
  world_ = Communicator::serial();  // frees our communicators while MPI still runs
  MPI_Finalize();
}

std::optional<MPI_Comm> mpi_handle(const Communicator& comm) {
  const auto* transport = dynamic_cast<const MpiTransport*>(comm.transport().get());
  if (transport == nullptr) return std::nullopt;
  return transport->handle();
}

std::string mpi_library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) return "unknown";
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace infoplane
