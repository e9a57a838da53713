#include "data/number_table.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/table_promises.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infoplane;
  Table table;
  const std::vector<std::uint8_t> bytes(data, data + size);
  if (fuzz::reads({"x.npy"}, [&] { table = parse_npy(bytes, "x.npy"); }))
    fuzz::check_table(table, "x.npy");
  return 0;
}
