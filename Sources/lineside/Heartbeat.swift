import Basics
import Net

/// Tells the service manager that we live: from the event loops themselves, so that one that hangs
/// is found.
struct Heartbeat: Service {
    let loops: EventLoopGroup

    func run() async throws {
        guard let interval = SystemdNotifier.watchdogInterval else {
            // Nobody wants to know: only the end is waited for.
            while true { try await Task.sleep(for: .seconds(86_400)) }
        }
        while true {
            for loop in loops.loops {
                await withCheckedContinuation { answered in loop.execute { answered.resume() } }
            }
            SystemdNotifier.alive()
            try await Task.sleep(for: interval)
        }
    }
}
