import Basics
import Glibc
import LinesideTesting
import Testing

/// The built executable, as a person meets it on the first day.
@Suite("First run", .timeLimit(.minutes(10)))
struct FirstRunTests {
    let directory = try? TemporaryDirectory()

    func start(_ administrator: String? = nil) async throws -> BuiltLineside {
        let directory = try #require(directory)
        return try await BuiltLineside(
            state: "\(directory.path)/state", administrator: administrator)
    }

    @Test("The code of the ready line makes the first administrator, once")
    func setup() async throws {
        let site = try await start()
        let client = try CurlClient(site.origin)
        #expect(try await client.get("/api/v1/health")["setupRequired"] == true)
        var wanted: JSONValue = [
            "code": "AAAA-AAAA", "username": "ada", "password": "correct horse battery",
            "site": "Plant 1", "language": "en", "timeZone": "Europe/Berlin",
        ]
        #expect(try await client.post("/api/v1/setup", wanted).status >= 400)

        wanted = replacing(wanted, "code", .string(try #require(site.setupCode)))
        let made = try await client.post("/api/v1/setup", wanted)
        #expect(made.status == 201, "\(made.text)")
        let user = try await client.get("/api/v1/user")
        #expect(user["username"] == "ada")
        #expect(user["administrator"] == true)

        let stranger = try CurlClient(site.origin)
        #expect(try await stranger.post("/api/v1/setup", wanted).status == 409)
        #expect(try await stranger.get("/api/v1/user").status == 401)
        #expect(try await stranger.get("/api/v1/health")["setupRequired"] == false)
        #expect(try await site.stop() == 0)
    }

    @Test("A new code from the command line makes the old one worthless")
    func newCode() async throws {
        let site = try await start()
        let old = try #require(site.setupCode)
        let command = try await site.command("setup-code")
        #expect(command.status == 0)
        let new = try #require(command.output.first)
        #expect(new != old)
        let client = try CurlClient(site.origin)
        let wanted: JSONValue = [
            "code": .string(old), "username": "ada", "password": "correct horse battery",
            "site": "Plant 1", "language": "en", "timeZone": "UTC",
        ]
        #expect(try await client.post("/api/v1/setup", wanted).status >= 400)
        let right = replacing(wanted, "code", .string(new))
        #expect(try await client.post("/api/v1/setup", right).status == 201)
        // Nobody needs a code any more.
        #expect(try await site.command("setup-code").status == 1)
    }

    @Test("An administrator from the command line signs in, and a forgotten password is replaced")
    func administrator() async throws {
        let site = try await start("ada:correct horse battery")
        #expect(site.setupCode == nil)
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "wrong horse battery").status == 401)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)

        let reset = try await site.command("user", "reset-password", "ada")
        #expect(reset.status == 0)
        let password = try #require(reset.output.first)
        // The session that was open has ended.
        #expect(try await client.get("/api/v1/user").status == 401)
        let again = try CurlClient(site.origin)
        #expect(try await again.signIn("ada", password).status == 201)
        #expect(try await site.command("user", "reset-password", "nobody").status == 1)
    }

    @Test("The page is there, under the site's own authority, and says nothing to strangers' hosts")
    func page() async throws {
        let site = try await start()
        let client = try CurlClient(
            site.origin, authority: StatePaths(site.state).authorityCertificate)
        let page = try await client.get("/")
        #expect(page.status == 200)
        #expect(page.header("content-type")?.hasPrefix("text/html") == true)
        #expect(page.header("content-security-policy")?.contains("frame-ancestors 'none'") == true)
        #expect(page.text.contains("<html"))
        let foreign = try await client.send("GET", "/", headers: ["host": "evil.example"])
        #expect(foreign.status == 421)
        #expect(foreign.text.contains("names"))
        let problem = try await client.get("/api/v1/nothing")
        #expect(problem.status == 404 || problem.status == 401)
        #expect(problem.header("content-type") == "application/problem+json")
    }

    @Test("A second appliance on one state directory is refused")
    func second() async throws {
        let site = try await start()
        let log = "\(site.state)/../second.log"
        let second = try ProgramUnderTest(
            BuiltLineside.executable,
            ["serve", "--state", site.state, "--listen", "127.0.0.1", "--port", "0"], errors: log)
        let status = try await withLimit(waitingFor: "the second one's end") {
            await second.exitStatus()
        }
        #expect(status == 1)
        #expect(String(decoding: try Files.read(log), as: UTF8.self).contains("already works on"))
        #expect(try await CurlClient(site.origin).get("/api/v1/health").status == 200)
    }

    @Test("A registry that is gone beside instances is not begun anew")
    func lostRegistry() async throws {
        let site = try await start("ada:correct horse battery")
        #expect(try await site.stop() == 0)
        try Files.makeDirectory("\(site.state)/instances/0123456789abcdefghij")
        for suffix in ["", "-wal", "-shm"] { unlink("\(site.state)/registry.db\(suffix)") }
        let fault = await #expect(throws: BuiltLinesideFault.self) { _ = try await start() }
        #expect(fault?.log.contains("restore it from a backup") == true)
        #expect(!Files.exists("\(site.state)/registry.db"))
    }

    @Test("What was set up is there after a power cut")
    func survives() async throws {
        do {
            let site = try await start("ada:correct horse battery")
            try await site.kill()
        }
        let site = try await start()
        #expect(site.setupCode == nil)
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        #expect(try await site.stop() == 0)
    }
}

func replacing(_ value: JSONValue, _ key: String, _ with: JSONValue) -> JSONValue {
    var object = value.object ?? JSONObject()
    object[key] = with
    return .object(object)
}
