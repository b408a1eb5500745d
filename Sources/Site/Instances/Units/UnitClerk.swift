import Basics
package import Domain
import Glibc
package import Processes

/// The side that is root: carries out an order with systemctl, on units whose names it makes itself,
/// and opens nothing that an instance could have made.
package struct UnitClerk: Sendable {
    /// What systemctl said, and how it ended.
    package struct Word: Sendable, Equatable {
        package var status: ExitStatus
        package var text: String
        package init(status: ExitStatus, text: String) {
            self.status = status
            self.text = text
        }
    }

    private let control: @Sendable ([String]) async throws -> Word

    /// - Parameter control: runs systemctl with these arguments.
    package init(
        control: @escaping @Sendable ([String]) async throws -> Word = UnitClerk.systemctl
    ) {
        self.control = control
    }

    package static func unit(_ id: Instance.ID) -> String { "lineside-instance@\(id.text).service" }

    package func carryOut(_ order: UnitOrder) async -> UnitAnswer {
        do {
            switch order {
            case .start(let id, let memory, let percent):
                return try await start(Self.unit(id), memory, percent)
            case .terminate(let id): return try await signal(Self.unit(id), "main", "SIGTERM")
            case .kill(let id): return try await signal(Self.unit(id), "all", "SIGKILL")
            case .ending(let id): return .ended(try await ending(Self.unit(id)))
            }
        } catch {
            return .refused("\(error)")
        }
    }

    private func start(
        _ unit: String, _ memory: ByteCount, _ percent: Int?
    ) async throws -> UnitAnswer {
        // One that an appliance started and died before it wrote that down.
        _ = try await control(["stop", unit])
        _ = try await control(["reset-failed", unit])
        let limits = try await control([
            "set-property", "--runtime", unit, "MemoryMax=\(memory.bytes)",
            "CPUQuota=\(percent.map { "\($0)%" } ?? "")",
        ])
        guard limits.status == .code(0) else { return .refused("no limits: \(limits.text)") }
        let started = try await control(["start", unit])
        guard started.status == .code(0) else {
            return .refused("\(started.text) journalctl --unit \(unit) says more")
        }
        let shown = try await control(["show", "--property=MainPID", "--value", unit])
        guard let pid = Int32(shown.text), pid > 1 else {
            return .refused("it ended at once; journalctl --unit \(unit) says more")
        }
        return .started(pid)
    }

    private func signal(
        _ unit: String, _ whom: String, _ signal: String
    ) async throws -> UnitAnswer {
        // A unit that has ended is fine.
        _ = try await control(["kill", "--kill-whom=\(whom)", "--signal=\(signal)", unit])
        return .done
    }

    /// A unit that ended well is forgotten, and then says zeros.
    private func ending(_ unit: String) async throws -> InstanceExit {
        let shown = try await control([
            "show", "--property=ActiveState,ExecMainCode,ExecMainStatus", unit,
        ])
        var found: [Substring: Substring] = [:]
        for line in shown.text.split(whereSeparator: \.isWhitespace) {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { found[parts[0]] = parts[1] }
        }
        guard found["ActiveState"] == "inactive" || found["ActiveState"] == "failed",
            let status = found["ExecMainStatus"].flatMap({ Int32($0) })
        else { return .unknown }
        // CLD_KILLED and CLD_DUMPED of waitid(2).
        return ["2", "3"].contains(found["ExecMainCode"]) ? .signal(status) : .code(status)
    }

    /// Blocks: for `lineside helper`, which does nothing else.
    @Sendable package static func systemctl(_ arguments: [String]) async throws -> Word {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let output = FileDescriptor(owning: ends[0]) else {
            throw SystemError("pipe for systemctl")
        }
        let child: ChildProcess
        do {
            guard let input = FileDescriptor(owning: ends[1]) else {
                throw SystemError("pipe for systemctl")
            }
            child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: "/usr/bin/systemctl", arguments: ["--no-ask-password"] + arguments,
                    environment: ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"],
                    output: input.raw, error: input.raw, noNewPrivileges: true))
        }
        let bytes = try Files.read(output, "systemctl", limit: .kibibytes(64))
        let text = String(decoding: bytes, as: UTF8.self)
        return Word(
            status: await child.exit(),
            text: text.split(separator: "\n").joined(separator: " "))
    }
}
