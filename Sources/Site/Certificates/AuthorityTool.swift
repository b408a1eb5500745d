package import Basics
import Glibc
import Processes

/// What needs the authority's key beside signing: a request for the plant's root, and the recovery
/// kit. Each is a short-lived process of its own, so that the signer's door stays at three verbs and
/// the appliance has the key at no time. Blocks: for a `BlockingExecutor`.
package struct AuthorityTool: Sendable {
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A kit takes some tenths of a second, on a slow machine some seconds.
    private static let patience = Duration.seconds(60)
    private let executable: String
    private let state: String

    /// - Parameter executable: one that knows `signer`: this one.
    package init(state: String, executable: String = "/proc/self/exe") {
        self.state = state
        self.executable = executable
    }

    /// A request to sign the authority, in PEM.
    package func request() throws(Fault) -> String { try run("request", input: []) }

    /// - Returns: the file.
    package func kit(_ order: KitOrder) throws(Fault) -> String {
        try run("kit", input: order.json)
    }

    private func run(_ word: String, input: [UInt8]) throws(Fault) -> String {
        do throws(SystemError) {
            var ends: [[Int32]] = [[-1, -1], [-1, -1]]
            guard pipe(&ends[0]) == 0, pipe(&ends[1]) == 0,
                let reading = FileDescriptor(owning: ends[0][0]),
                let writing = FileDescriptor(owning: ends[0][1]),
                let answer = FileDescriptor(owning: ends[1][0]),
                let answering = FileDescriptor(owning: ends[1][1])
            else { throw SystemError("pipe") }
            // A child that is started between the calls closes what it was not given.
            for end in ends.flatMap({ $0 }) { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let child = try ChildProcess.spawn(
                SpawnRequest(
                    executable: executable, arguments: ["signer", word, "--state", state],
                    environment: SignerProcess.environment, input: reading.raw,
                    output: answering.raw, error: 2, noNewPrivileges: true))
            _ = consume reading
            _ = consume answering
            // Less than a pipe holds: this does not wait for the child.
            try Files.write(input, to: writing, "lineside signer \(word)")
            _ = consume writing
            let output = try read(answer, word)
            guard !output.isEmpty else {
                child.signal(SIGKILL)
                throw SystemError("lineside signer \(word)", code: EIO)
            }
            return String(decoding: output, as: UTF8.self)
        } catch {
            throw Fault(description: "\(error); the log says more.")
        }
    }

    private func read(
        _ answer: borrowing FileDescriptor, _ word: String
    ) throws(SystemError) -> [UInt8] {
        let end = ContinuousClock.now + Self.patience
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= RecoveryKit.limit.bytes {
            let left = (end - ContinuousClock.now).milliseconds
            guard left > 0 else { return [] }
            var looked = pollfd(fd: answer.raw, events: Int16(POLLIN), revents: 0)
            let count = poll(&looked, 1, Int32(clamping: left))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return [] }
            let taken = Glibc.read(answer.raw, &buffer, buffer.count)
            if taken < 0, errno == EINTR { continue }
            guard taken >= 0 else { throw SystemError("lineside signer \(word)") }
            if taken == 0 { return bytes }
            bytes += buffer[..<taken]
        }
        return []
    }
}

/// What `lineside signer kit` is told on standard input: all of a kit but the authority.
package struct KitOrder: Sendable, JSONWritable {
    package var passphrase: String
    package var site: RecoveryKit.Site?
    package var recoveryKey: String
    package var revocationNumber: UInt64
    package var configuration: [(key: String, value: String)]

    package init(
        passphrase: String, site: RecoveryKit.Site?, recoveryKey: String,
        revocationNumber: UInt64, configuration: [(key: String, value: String)]
    ) {
        self.passphrase = passphrase
        self.site = site
        self.recoveryKey = recoveryKey
        self.revocationNumber = revocationNumber
        self.configuration = configuration
    }

    /// Bytes; less than a pipe holds.
    package static let limit = 60_000

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("passphrase", passphrase)
            if let site {
                json.object("site") { json in
                    json.field("name", site.name)
                    json.field("language", site.language)
                    json.field("timeZone", site.timeZone)
                }
            }
            json.field("recoveryKey", recoveryKey)
            json.field("revocationNumber", revocationNumber)
            json.object("configuration") { json in
                for (key, value) in configuration { json.field(key, value) }
            }
        }
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        passphrase = try json.string("passphrase")
        recoveryKey = try json.string("recoveryKey")
        revocationNumber = UInt64(clamping: try json.optionalInt("revocationNumber") ?? 0)
        site = nil
        if let site = try json.optionalObject("site") {
            self.site = RecoveryKit.Site(
                name: try site.string("name"), language: try site.string("language"),
                timeZone: try site.string("timeZone"))
        }
        configuration = (try json.optionalObject("configuration")?.members ?? [])
            .compactMap { member in member.value.string.map { (member.key, $0) } }
    }
}
