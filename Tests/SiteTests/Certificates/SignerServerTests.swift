import Basics
import Crypto
import Dispatch
import Glibc
import LinesideTesting
import Synchronization
import Testing

@testable import Site

/// A signer's door in a thread of the test, ended with it.
private final class OpenSigner: Sendable {
    let directory: TemporaryDirectory
    let path: String
    private let hold: Int32
    private let ended = DispatchSemaphore(value: 0)

    init(user: UInt32 = geteuid()) throws {
        directory = try TemporaryDirectory()
        let paths = StatePaths(directory.path)
        path = paths.signerSocket
        let desk = try SignerDesk(
            AuthorityFiles(paths), names: { LocalNames(names: ["plant"], addresses: []) })
        let server = SignerServer(desk: desk, path: path, user: user)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("pipe") }
        hold = ends[1]
        let (input, ended) = (ends[0], ended)
        DispatchQueue(label: "signer").async {
            try? server.run(while: input)
            close(input)
            ended.signal()
        }
    }

    /// - Returns: whether it ended by itself once nobody held it any more.
    func end() -> Bool {
        close(hold)
        return ended.wait(timeout: .now() + .seconds(300)) == .success
    }

    /// Sends bytes and takes what comes back until the other side is done.
    func exchange(_ bytes: [UInt8], closing: Bool = false) throws -> [UInt8] {
        let client = try RawUnixClient(path)
        client.send(bytes)
        if closing { client.finish() }
        return client.receive()
    }
}

/// A blocking socket without any manners.
private final class RawUnixClient {
    private let socket: Int32

    init(_ path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        for _ in 0..<10_000 {
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if code == 0 { return }
            // A pause between two looks: it comes up in another thread.
            usleep(1_000)
        }
        throw SystemError("connect to \(path)")
    }

    deinit { close(socket) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func finish() { shutdown(socket, Int32(SHUT_WR)) }

    func receive() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }
}

@Suite("Signer server", .timeLimit(.minutes(10))) struct SignerServerTests {
    let device = "abcdefghij0123456789"

    func frame() throws -> [UInt8] {
        let request = try CertificateRequest(subject: "x", key: .generate())
        return SignerRequest.device(request: request.der, id: device, days: 30).frame
    }

    @Test("A question over the socket is answered with a certificate")
    func answers() throws {
        let signer = try OpenSigner()
        let link = SignerSocket(path: signer.path)
        let request = try CertificateRequest(subject: "x", key: .generate())
        let made = try Certificate(
            der: link.ask(.device(request: request.der, id: device, days: 30)))
        #expect(made.subject == device)
        #expect(throws: SignerFault.refused("That is no id of a device.")) {
            try link.ask(.device(request: request.der, id: "no", days: 30))
        }
        #expect(signer.end())
    }

    @Test("Another user gets nothing, not even an answer")
    func otherUser() throws {
        let signer = try OpenSigner(user: geteuid() + 1)
        #expect(try signer.exchange(try frame()).isEmpty)
        let log = try Files.read("\(signer.directory.path)/ca/signer.log")
        #expect(String(decoding: log, as: UTF8.self).contains("a connection of user"))
        #expect(signer.end())
    }

    @Test("Garbage, foreign verbs, lengths that lie and two questions at once are refused")
    func garbage() throws {
        let signer = try OpenSigner()
        let good = try frame()
        var longer = good
        longer[5] &+= 1
        var verb = good
        verb[1] = 9
        var huge = good
        huge[2] = 0xFF
        let many: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), verb, huge, good + good,
            [UInt8](repeating: 0xFF, count: 100_000), [0x4C, 3, 0, 0, 0, 1, 0],
            [0x4C, 1, 0, 0, 0, 4, 0, 0, 0, 1],
            [0x4C, 3, 0, 0, 0, 12] + [UInt8](repeating: 0xFF, count: 12),
        ]
        for bytes in many {
            let answer = try signer.exchange(bytes, closing: true)
            // Whoever sends more than is read may lose the answer with the connection.
            if answer.isEmpty { continue }
            guard case .refused = SignerReply(answer) else {
                Issue.record("\(Hex.encode(bytes.prefix(40))) was answered with \(answer.count)")
                continue
            }
        }
        #expect(try signer.exchange(longer, closing: true).isEmpty, "a frame that never ends")
        guard case .signed = SignerReply(try signer.exchange(good)) else {
            Issue.record("it serves nobody after that")
            return
        }
        #expect(signer.end())
    }

    @Test("Who connects hundreds of times and says nothing keeps nobody else away for long")
    func flood() throws {
        let signer = try OpenSigner()
        let silent = try (0..<200).map { _ in try RawUnixClient(signer.path) }
        let good = try frame()
        // Places are taken by the silent ones until their time is over; then it answers again.
        var answers = 0
        for _ in 0..<200 where answers == 0 {
            if case .signed = SignerReply(try signer.exchange(good)) { answers += 1 }
            // A pause between two looks.
            if answers == 0 { usleep(100_000) }
        }
        #expect(answers == 1)
        withExtendedLifetime(silent) {}
        #expect(signer.end())
    }

    @Test("Random frames of every verb never end it")
    func fuzz() throws {
        let signer = try OpenSigner()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let verb = UInt8.random(in: 0...4, using: &random)
            let count = Int.random(in: 0...300, using: &random)
            let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let head: [UInt8] = [0x4C, verb, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)]
            let answer = try signer.exchange(head + payload, closing: true)
            if case .signed = SignerReply(answer) { Issue.record("signed at random") }
        }
        guard case .signed = SignerReply(try signer.exchange(try frame())) else {
            Issue.record("it serves nobody after that")
            return
        }
        #expect(signer.end())
    }

    @Test("A signer that is not there is waited for only so long, and said so")
    func absent() throws {
        let directory = try TemporaryDirectory()
        let link = SignerSocket(path: "\(directory.path)/none", patience: .milliseconds(20))
        #expect(throws: SignerFault.self) { try link.ask(.revocations([], number: 1)) }
    }
}

@Suite("Signer request") struct SignerRequestTests {
    @Test("What is written is read again, and nothing cut short or longer is")
    func roundTrip() throws {
        let all: [SignerRequest] = [
            .device(request: [1, 2, 3], id: "abc", days: 7),
            .server(request: [4], names: ["plant", "ä"], addresses: ["::1"], days: 397),
            .revocations(
                [
                    Revocation(
                        serial: "40ff", at: Timestamp(milliseconds: -5), reason: .superseded)
                ], number: 1 << 60),
        ]
        for request in all {
            let frame = request.frame
            let head = try #require(SignerRequest.head(frame.prefix(6)))
            #expect(head.length == frame.count - 6 && head.verb == request.verb)
            #expect(SignerRequest(head.verb, payload: frame.dropFirst(6)) == request)
        }
        let list = all[2].frame.dropFirst(6)
        for count in 0..<list.count {
            #expect(SignerRequest(.revocations, payload: list.prefix(count)) == nil)
        }
        #expect(SignerRequest(.revocations, payload: list + [0]) == nil)
    }
}
