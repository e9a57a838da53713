#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace infoplane::detail {

/// Puts arrays where a register of 64 bytes never lies across two cache lines, which costs a load
/// of two. Numbers that get no value have none: RegisterVector<double>(7) is not zeroed.
template <class T>
struct RegisterAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  RegisterAllocator() = default;
  template <class Other>
  RegisterAllocator(const RegisterAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), alignment));
  }
  template <class U>
  void construct(U* value) {
    ::new (static_cast<void*>(value)) U;
  }
  template <class U, class... Arguments>
  void construct(U* value, Arguments&&... arguments) {
    ::new (static_cast<void*>(value)) U(std::forward<Arguments>(arguments)...);
  }
  void deallocate(T* values, std::size_t) { ::operator delete(values, alignment); }

  friend bool operator==(RegisterAllocator, RegisterAllocator) { return true; }
  friend bool operator!=(RegisterAllocator, RegisterAllocator) { return false; }
};

template <class T>
using RegisterVector = std::vector<T, RegisterAllocator<T>>;

}  // namespace infoplane::detail
