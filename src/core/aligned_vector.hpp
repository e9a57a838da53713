#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "core/memory_pages.hpp"

namespace infoplane {

/// Puts arrays where a register of 64 bytes never lies across two cache lines, which costs a load
/// of two, and those of large pages where such pages begin. Numbers that get no value have none:
/// AlignedVector<double>(7) is not zeroed.
template <class T>
struct AlignedAllocator {
  using value_type = T;

  AlignedAllocator() = default;
  template <class Other>
  AlignedAllocator(const AlignedAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(room(count), alignment(count)));
  }
  template <class U>
  void construct(U* value) {
    ::new (static_cast<void*>(value)) U;
  }
  template <class U, class... Arguments>
  void construct(U* value, Arguments&&... arguments) {
    ::new (static_cast<void*>(value)) U(std::forward<Arguments>(arguments)...);
  }
  void deallocate(T* values, std::size_t count) { ::operator delete(values, alignment(count)); }

  /// Bytes that `count` numbers get.
  static std::size_t room(std::size_t count) { return room_in_pages(count * sizeof(T)); }

  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
  friend bool operator!=(AlignedAllocator, AlignedAllocator) { return false; }

 private:
  static std::align_val_t alignment(std::size_t count) {
    return std::align_val_t{count * sizeof(T) < large_page ? 64 : large_page};
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// Makes room for `count` numbers that will all be written soon, in pages that are there
/// (get_pages). What the vector held is lost where it has to grow.
template <class T>
void reserve_pages(AlignedVector<T>& values, std::size_t count) {
  if (count <= values.capacity()) return;
  values = AlignedVector<T>();  // given back before there is more
  values.reserve(count);
  get_pages(values.data(), AlignedAllocator<T>::room(count));
}

}  // namespace infoplane
