import Basics
import Glibc

/// The built executable, started as an appliance on free ports and a state directory of its own.
package final class BuiltLineside: Sendable {
    package let program: ProgramUnderTest
    package let state: String
    /// The line that it printed when it answered.
    package let ready: String

    /// - Parameters:
    ///   - administrator: "NAME:PASSWORD"; `nil` leaves the first run to the test.
    ///   - port: for a site that must come back where it was; else any that is free.
    package init(
        state: String, administrator: String? = nil, port: UInt16 = 0, arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws {
        self.state = state
        try Files.makeDirectory(state)
        var all = [
            "serve", "--state", state, "--listen", "127.0.0.1", "--port", "\(port)", "--practice",
        ]
        if administrator != nil { all += ["--admin", "-"] }
        // A library that is loaded before ours may take the arguments of the first program away.
        let way = environment["LD_PRELOAD"] == nil ? [] : ["/usr/bin/env"]
        let words = way + [Self.executable] + all + arguments
        let program = try ProgramUnderTest(
            words[0], Array(words.dropFirst()), environment: environment,
            input: administrator.map { "\($0)\n" } ?? "", errors: "\(state)/../appliance.log")
        self.program = program
        do {
            ready = try await withLimit(waitingFor: "the ready line") {
                for await line in program.lines where line.hasPrefix("ready ") { return line }
                throw LimitExceeded(what: "the ready line; the appliance ended")
            }
        } catch {
            program.signal(SIGKILL)
            let log = (try? Files.read("\(state)/../appliance.log")) ?? []
            throw BuiltLinesideFault(log: String(decoding: log.suffix(4_000), as: UTF8.self))
        }
    }

    deinit { program.signal(SIGKILL) }

    /// "https://127.0.0.1:40123"
    package var origin: String {
        let words = ready.split(separator: " ").map(String.init)
        let link = words.first { $0.hasPrefix("https://") } ?? ""
        return String(link.prefix { $0 != "#" }).trimmingSlash()
    }

    package var port: UInt16 { origin.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// The one-time code behind `#code=`; `nil` where nobody needs one.
    package var setupCode: String? {
        ready.split(separator: " ").first { $0.hasPrefix("https://") }?
            .split(separator: "#").dropFirst().first.map { String($0.dropFirst("code=".count)) }
    }

    /// Asks it to end, as a service manager does.
    /// - Returns: Its exit status.
    package func stop() async throws -> Int32 {
        program.signal(SIGTERM)
        return try await ended()
    }

    /// As a power cut for it, and for it alone.
    package func kill() async throws {
        program.signal(SIGKILL)
        _ = try await ended()
    }

    package func ended() async throws -> Int32 {
        let program = program
        return try await withLimit(waitingFor: "the end of the appliance") {
            await program.exitStatus()
        }
    }

    /// Runs another command of the same executable on this state directory.
    package func command(
        _ arguments: String..., input: String = ""
    ) async throws -> (status: Int32, output: [String]) {
        let program = try ProgramUnderTest(
            Self.executable, arguments + ["--state", state], input: input,
            errors: "\(state)/../command.log")
        return try await withLimit(waitingFor: "lineside \(arguments[0])") {
            var output: [String] = []
            for await line in program.lines { output.append(line) }
            return (await program.exitStatus(), output)
        }
    }

    /// Beside the test's own executable; `LINESIDE_EXECUTABLE` names another one.
    package static var executable: String {
        if let given = getenv("LINESIDE_EXECUTABLE") { return String(cString: given) }
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(
            decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(Files.parent(of: own))/lineside"
    }
}

/// The appliance did not come up.
package struct BuiltLinesideFault: Error, Sendable, CustomStringConvertible {
    package let log: String
    package var description: String { "lineside did not come up; its log ends:\n\(log)" }
}

extension String {
    fileprivate func trimmingSlash() -> String { hasSuffix("/") ? String(dropLast()) : self }
}
