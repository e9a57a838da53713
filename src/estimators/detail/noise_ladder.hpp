#pragma once

#include <cstddef>
#include <vector>

namespace infoplane::detail {

/// A kernel width that an estimate needs: exp(-d / (2 variance)).
struct NoiseWidth {
  double variance = 0;
  /// Its kernel is (2^(-chain factor * d))^(2^squarings).
  std::size_t chain = 0;
  int squarings = 0;
};

/// Widths m 2^e of one m whose kernels come from a single exponential, that of the anchor: the
/// width with the next exponent that is a multiple of ladder_rungs.
struct NoiseChain {
  double factor = 0;  ///< the anchor's kernel is 2^(-factor * d); its double is finite
  std::vector<std::size_t> widths;  ///< indices, widest first
};

/// Which exponentials a list of noise variances takes. KL at sigma2 needs the width sigma2, BD
/// needs 4 sigma2. exp(-d / (2 s)) = exp(-d / (4 s))^2, so widths a power of two apart share an
/// exponential. Where a chain starts depends on no other entry of the list, hence neither do the
/// last bits of a value.
struct NoiseLadder {
  explicit NoiseLadder(const std::vector<double>& sigma2);

  std::vector<NoiseWidth> widths;  ///< distinct, widest first
  std::vector<NoiseChain> chains;
  std::vector<std::size_t> kl, bd;  ///< of each sigma2, its widths
};

/// Exponents between two anchors. Six squarings multiply a relative error by 64. With seven, unlike
/// with eight, KL and BD share their exponential at every power of ten from 1e-5 to 10.
constexpr int ladder_rungs = 7;

}  // namespace infoplane::detail
