#include "store/sweep_lines.hpp"

#include <sstream>

namespace infoplane {

std::vector<SweepLine> sweep_lines(const std::string& resolved) {
  std::vector<SweepLine> lines;
  std::string section;
  std::istringstream stream(resolved);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t equals = line.find(" = ");
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
    } else if (equals != std::string::npos) {
      lines.push_back({section, line.substr(0, equals), line.substr(equals + 3)});
    }
  }
  return lines;
}

}  // namespace infoplane
