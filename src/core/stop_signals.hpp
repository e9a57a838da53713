#pragma once

namespace infoplane {

/// From here on SIGTERM, SIGUSR1, SIGHUP and the first SIGINT only set a flag: the job ends where
/// it can save what it has. A second SIGINT ends the process at once. SIGPIPE is ignored: who reads
/// the log may go away.
void catch_stop_signals();

/// The first of them that came, or 0. Any thread.
int caught_stop_signal();

/// Keeps them waiting until catch_stop_signals(), also over execv: a signal that comes while the
/// program starts is not lost and does not kill it.
void hold_stop_signals();
/// They are let through again.
void release_stop_signals();

/// "SIGUSR1"
const char* signal_name(int signal);

}  // namespace infoplane
