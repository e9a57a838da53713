#pragma once

#include <stdexcept>
#include <string>

namespace infoplane {

/// What a finished process tells the shell; the command-line contract lists the same numbers.
enum class ExitCode : int {
  done = 0,
  internal_failure = 1,
  usage = 2,          ///< the command line or the sweep file is wrong
  trials_failed = 3,  ///< finished, but not everything in it is well
  bad_input = 4,      ///< an input, data set or run file is missing or damaged
  stopped = 75,       ///< stopped early; the same command resumes (EX_TEMPFAIL)
};

/// An error of the user's world: always checked, and worded for the person who reads it
/// (problem, value, place, why, what to do).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(ExitCode::bad_input, message) {}
};

/// A promise inside the program was broken: a defect of infoplane, never of the user.
class InternalError : public Error {
 public:
  explicit InternalError(const std::string& message) : Error(ExitCode::internal_failure, message) {}
};

namespace detail {
[[noreturn]] void promise_broken(const char* condition, const char* file, int line);
}

}  // namespace infoplane

/// A promise between functions of this program. Checked where assertions are on (debug builds).
#ifdef NDEBUG
#define INFOPLANE_EXPECT(condition) static_cast<void>(0)
#else
#define INFOPLANE_EXPECT(condition)   \
  ((condition) ? static_cast<void>(0) \
               : ::infoplane::detail::promise_broken(#condition, __FILE__, __LINE__))
#endif
