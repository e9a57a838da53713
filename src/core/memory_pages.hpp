#pragma once

#include <cstddef>

namespace infoplane {

/// Pages that the system can hand out in place of many ordinary ones.
constexpr std::size_t large_page = std::size_t{2} << 20;

/// So many bytes; from one large page on up to the end of the last one, if half of that is wanted
/// anyway.
std::size_t room_in_pages(std::size_t bytes);

/// Gets the pages of memory that is about to be written, all at once. What the memory holds stays.
///
/// Otherwise the first access to each page of 4 KiB interrupts the program: a quarter of a
/// microsecond on bare metal, one to ten inside a virtual machine, and thus up to a hundred
/// milliseconds for a snapshot of 60,000 rows. Large pages cost a hundredth of that on some
/// machines, and more where the host of a virtual machine takes back what is free: once in a
/// process that is measured.
///
/// Does nothing for little memory, and nothing before Linux 5.14.
void get_pages(void* begin, std::size_t bytes);

}  // namespace infoplane
