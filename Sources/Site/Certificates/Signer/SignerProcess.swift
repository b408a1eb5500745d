package import Basics
import Glibc
import Processes
import Synchronization

/// `lineside signer` as a child of the appliance, in the direct backend: started before anything
/// else, started again when it ends, and ended with the appliance however that ends.
package final class SignerProcess: Service {
    private struct State: ~Copyable {
        var child: ChildProcess?
        /// As long as it is open the signer goes on; the kernel closes it when we die.
        var hold: FileDescriptor?
    }

    private let executable: String
    private let paths: StatePaths
    private let names: [String]
    private let state = Mutex(State(child: nil, hold: nil))
    private let log = Log("signer")

    /// - Parameters:
    ///   - names: what the configuration adds to the names of the machine.
    ///   - executable: one that knows `signer`: this one.
    package init(
        _ paths: StatePaths, names: [String], executable: String = "/proc/self/exe"
    ) {
        self.paths = paths
        self.names = names
        self.executable = executable
    }

    /// Starts it and does not wait until it answers: `link` does.
    package func start() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let input = FileDescriptor(owning: ends[0]),
            let hold = FileDescriptor(owning: ends[1])
        else { throw SystemError("pipe for the signer") }
        // A child that is started between the calls closes what it was not given.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var arguments = ["signer", "--state", paths.root, "--while-input"]
        if !names.isEmpty { arguments += ["--names", names.joined(separator: ",")] }
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: executable, arguments: arguments, environment: Self.environment,
                input: input.raw, output: 2, error: 2, noNewPrivileges: true))
        let raw = hold.release()
        state.withLock { state in
            state.child = child
            state.hold = FileDescriptor(owning: raw)
        }
    }

    /// Where it is asked. Who asks waits for it while it comes up, and not for one that has ended.
    package var link: any SignerLink {
        SignerSocket(path: paths.signerSocket) { [self] in
            state.withLock { $0.child?.identity.isRunning ?? false }
        }
    }

    package func run() async throws {
        let backoff = Backoff(first: .milliseconds(100), limit: .seconds(30))
        var attempt = 0
        while true {
            guard let child = state.withLock({ $0.child }) else { return }
            let started = ContinuousClock.now
            let status = await withTaskCancellationHandler {
                await child.exit()
            } onCancel: {
                letGo()
            }
            if Task.isCancelled { return }
            attempt = ContinuousClock.now - started > .seconds(60) ? 1 : attempt + 1
            log.error("the signer has ended (\(status)); it is started again")
            try await Task.sleep(
                for: backoff.pause(attempt: attempt, jitter: .random(in: 0...1)))
            do throws(SystemError) { try start() } catch { log.error("\(error)") }
        }
    }

    private func letGo() { state.withLock { $0.hold = nil } }

    /// Ours as it is: time zone, journal, a clock that a test moves.
    static var environment: [String] {
        var found: [String] = []
        var next = environ
        while let entry = next.pointee {
            found.append(String(cString: entry))
            next += 1
        }
        return found
    }
}
