#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace infoplane {

/// Calls code of a user's plugin. What it throws becomes a Failure, "WHAT failed: WHY"; but for our
/// own errors, and for those of memory that ran out.
template <class Failure, class Call>
auto call_users_code(const std::string& what, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    throw Failure(what + " failed: " + first_line(error.what()));
  } catch (...) {
    throw Failure(what + " failed: it threw something that is no std::exception");
  }
}

}  // namespace infoplane
