#include "core/version.hpp"

#include "infoplane_git_state.hpp"

namespace infoplane {

BuildInfo build_info() {
  return {INFOPLANE_VERSION, INFOPLANE_GIT_STATE, INFOPLANE_BUILD_TYPE, INFOPLANE_COMPILER};
}

}  // namespace infoplane
