package import Basics
import Glibc

/// Removes our JavaScript of former versions of the appliance once a day. A Node-RED that was
/// adopted over an upgrade may still load files of its own: a folder stays while the command line of
/// any process names it, and all stay where command lines of others cannot be read.
package actor RuntimeKeeper: Service {
    private let state: String
    private let processes: String
    private let log = Log("instances")
    private let executor = BlockingExecutor(label: "runtime-files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter processes: where the kernel shows them.
    package init(state: String, processes: String = "/proc") {
        self.state = state
        self.processes = processes
    }

    /// Begins ten minutes after the start, when every instance was adopted or started.
    package func run() async throws {
        while true {
            try await Task.sleep(for: .seconds(600))
            do throws(SystemError) {
                let gone = try tidy(current: try RuntimeFiles.install(state: state).root)
                if gone > 0 { log.info("JavaScript of \(gone) former versions was removed") }
            } catch { log.warning("JavaScript of former versions was not removed: \(error)") }
            try await Task.sleep(for: .seconds(86_400 - 600))
        }
    }

    /// - Returns: folders that were removed.
    @discardableResult
    package func tidy(current: String) throws(SystemError) -> Int {
        let runtime = "\(state)/runtime"
        let old = try Files.list(runtime).map { "\(runtime)/\($0)" }.filter { $0 != current }
        guard !old.isEmpty, let lines = commandLines() else { return 0 }
        var count = 0
        for path in old where !lines.contains(where: { $0.contains("\(path)/") }) {
            try Files.removeTree(path)
            count += 1
        }
        return count
    }

    /// `nil` where the kernel hides those of other users (`hidepid`).
    private func commandLines() -> [String]? {
        guard let names = try? Files.list(processes), names.contains("1"),
            (try? Files.read("\(processes)/1/cmdline", limit: .mebibytes(4))) != nil
        else { return nil }
        return names.filter { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }.compactMap {
            let words = try? Files.read("\(processes)/\($0)/cmdline", limit: .mebibytes(4))
            return words.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
