import Basics
import Crypto
import Glibc
import LinesideTesting
import Testing

@Suite("Certificates of a site", .timeLimit(.minutes(20))) struct CertificateLifeTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    func site(
        _ name: String = "state", environment: [String: String] = [:]
    ) async throws -> BuiltLineside {
        try await BuiltLineside(
            state: "\(directory.path)/\(name)", administrator: "ada:correct horse",
            environment: environment)
    }

    func authority(_ name: String = "state") -> String {
        "\(directory.path)/\(name)/ca/authority.pem"
    }

    /// As the client sees it that trusts the authority and nothing else.
    func health(_ site: BuiltLineside, _ name: String = "state") async throws -> Int {
        try await CurlClient(site.origin, authority: authority(name)).get("/api/v1/health").status
    }

    func certificate(_ name: String = "state") throws -> Certificate {
        let pem = try Files.read("\(directory.path)/\(name)/tls/server.pem")
        return try Certificate(pem: String(decoding: pem, as: UTF8.self))
    }

    @Test("A recovery kit makes the same site on another machine, and nothing else does")
    func recovery() async throws {
        let first = try await site()
        let client = try CurlClient(first.origin, authority: authority())
        _ = try await client.signIn("ada", "correct horse")
        let short = try await client.post(
            "/api/v1/site/certificates/recovery-kit", ["passphrase": "eleven char"])
        #expect(short.status == 422)
        let kit = try await client.post(
            "/api/v1/site/certificates/recovery-kit", ["passphrase": "correct horse battery"])
        try #require(kit.status == 200, "\(kit.text)")
        #expect(!Files.exists("\(first.state)/certificates/recovery.sealed"))
        let view = try await client.get("/api/v1/site/certificates")
        #expect(view["recoveryKit"]["downloadedAt"]?.string != nil)
        let audit = try await client.get("/api/v1/audit?kind=site.recovery-kit")
        #expect(audit["items"].array?.count == 1)
        // The next kit has a key of its own.
        let old = try Files.read("\(first.state)/certificates/backup.pub")
        let other = try await client.post(
            "/api/v1/site/certificates/recovery-kit", ["passphrase": "correct horse battery"])
        #expect(other.status == 200)
        #expect(try Files.read("\(first.state)/certificates/backup.pub") != old)
        _ = try await first.stop()

        let file = "\(directory.path)/kit"
        try Files.replace(file, with: kit.body)
        func recover(_ name: String, _ passphrase: String) async throws -> Int32 {
            let program = try ProgramUnderTest(
                BuiltLineside.executable,
                ["recover", file, "--passphrase", "-", "--state", "\(directory.path)/\(name)"],
                input: "\(passphrase)\n", errors: "\(directory.path)/recover.log")
            return await program.exitStatus()
        }
        #expect(try await recover("state", "correct horse battery") == 1, "a site lies there")
        #expect(try await recover("second", "wrong horse battery") == 1)
        #expect(!Files.exists("\(directory.path)/second/ca"))
        #expect(try await recover("second", "correct horse battery") == 0)
        #expect(try Files.read(authority("second")) == Files.read(authority()))
        let second = try await site("second")
        #expect(try await health(second) == 200, "the authority of the first site is trusted there")
        #expect(try certificate().publicKeyDigest != certificate("second").publicKeyDigest)
        _ = try await second.stop()
    }

    @Test("A signer that is killed comes back, and one whose appliance is killed does not stay")
    func signerDies() async throws {
        let site = try await site()
        let state = site.state
        @Sendable func signers() -> [pid_t] {
            ((try? Files.list("/proc")) ?? []).compactMap { pid_t($0) }.filter { pid in
                let words = (try? Files.read("/proc/\(pid)/cmdline")) ?? []
                let text = String(decoding: words, as: UTF8.self)
                return text.contains("signer\0") && text.contains("\(state)\0")
            }
        }
        let first = try #require(signers().first)
        // What it has in memory is nobody's to look at, not even its own user's.
        var information = stat()
        #expect(stat("/proc/\(first)/maps", &information) == 0 && information.st_uid == 0)
        kill(first, SIGKILL)
        _ = try await eventually("another signer") {
            signers().contains { $0 != first } ? true : nil
        }
        try await site.kill()
        _ = try await eventually("no signer") { signers().isEmpty ? true : nil }
    }

    @Test("Another user of the machine cannot ask the signer, even with the way open to it")
    func otherUser() async throws {
        guard geteuid() == 0 else { return }
        let site = try await site()
        let paths = StatePaths(site.state)
        // Wider than it ever is: directory and socket are open to everybody.
        #expect(chmod(site.state, 0o755) == 0)
        #expect(chmod(paths.signerSocket, 0o666) == 0)
        let program = try ProgramUnderTest(
            "/usr/bin/python3",
            [
                "-c",
                """
                os, socket, sys = map(__import__, ("os", "socket", "sys"))
                os.chdir(sys.argv[1])
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
                s = socket.socket(socket.AF_UNIX)
                s.connect("signer.sock")
                try:
                    s.sendall(b'L\\x03' + bytes([0, 0, 0, 12]) + bytes(12))
                    print(len(s.recv(4096)))
                except (ConnectionResetError, BrokenPipeError):
                    print(0)
                """, site.state,
            ], errors: "\(directory.path)/stranger.log")
        let answer = try await withLimit(waitingFor: "the answer") {
            for await line in program.lines { return line }
            return ""
        }
        let errors = (try? Files.read("\(directory.path)/stranger.log")) ?? []
        #expect(answer == "0", "\(String(decoding: errors, as: UTF8.self))")
        _ = try await eventually("a word of it in the record") {
            let log = (try? Files.read("\(site.state)/ca/signer.log")) ?? []
            let text = String(decoding: log, as: UTF8.self)
            return text.contains("a connection of user 65534") ? true : nil
        }
        #expect(chmod(site.state, 0o700) == 0)
        _ = try await site.stop()
    }

    @Test(
        "With a clock of 1970, 2038 or 2100 it comes up, and a certificate of then is replaced later",
        arguments: ["1970-01-02 00:00:00", "2038-02-01 00:00:00", "2100-06-01 00:00:00"])
    func clocks(date: String) async throws {
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
        try #require(Files.exists(library), "the package faketime is missing")
        // Moved, not standing: `@` lets it go on from there. Durations stay true.
        let clock = [
            "LD_PRELOAD": library, "FAKETIME": "@\(date)", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        ]
        let then = try await site(environment: clock)
        #expect(try await health(then) == 200)
        let made = try certificate()
        #expect(made.notBefore.milliseconds == 0)
        let year = try #require(Int(date.prefix(4)))
        // 397 days after that date, or after the release where the clock stands before it.
        #expect(made.notAfter.rfc3339.hasPrefix(year < 2026 ? "2027-" : "\(year + 1)-"))
        let view = try CurlClient(then.origin, authority: authority())
        #expect(try await view.get("/pki/authority.pem").status == 200)
        #expect(try await then.stop() == 0)

        let now = try await site()
        #expect(try await health(now) == 200)
        let later = try certificate()
        if year > 2030 { #expect(later != made, "made by a clock that ran ahead") }
        #expect(later.notAfter < .now() + .seconds(400 * 86_400))
        _ = try await now.stop()
    }
}
