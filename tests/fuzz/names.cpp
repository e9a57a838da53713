#include <algorithm>

#include "data/name_letters.hpp"
#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infoplane;
  const std::string_view text = fuzz::text_of(data, size);
  std::vector<std::string> names;
  if (!fuzz::reads({"x.txt"}, [&] { names = parse_names(text, "x.txt"); })) return 0;

  FUZZ_EXPECT(!fuzz::is_never_utf8(text));
  FUZZ_EXPECT(!names.empty());
  FUZZ_EXPECT(static_cast<std::ptrdiff_t>(names.size()) <=
              1 + std::count(text.begin(), text.end(), '\n'));
  std::string folded;
  for (const std::string& name : names) {
    FUZZ_EXPECT(!name.empty());
    FUZZ_EXPECT(name.find_first_not_of(name_alphabet) == std::string::npos);
    folded += name + '\n';
  }
  // What is folded stays as it is.
  FUZZ_EXPECT(parse_names(folded, "x.txt") == names);
  return 0;
}
