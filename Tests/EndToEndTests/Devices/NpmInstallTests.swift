import Basics
import Domain
import Glibc
import LinesideTesting
import Testing

/// The real npm against the appliance's registry and no other: what a stock agent does with
/// `palette.npmrc`. A Node-RED that `LINESIDE_TEST_STACK` names is installed whole and started.
@Suite("npm installs from the appliance", .timeLimit(.minutes(10)))
struct NpmInstallTests {
    let directory = try? TemporaryDirectory()

    static let npm = ["/usr/bin/npm", "/usr/local/bin/npm"].first(where: Files.exists)

    @Test("A package with all that it needs comes out of a stack, and a second time the same")
    func installs() async throws {
        guard Self.npm != nil else { return print("skipped: npm is not installed here") }
        let directory = try #require(directory)
        let place = try await place(in: directory) { site in
            try await site.command("stack", "add", try await Self.madeStack(in: directory))
        }
        try await install("node-red@9.9.1", at: place, in: directory)

        func version(_ path: String) throws -> String? {
            let bytes = try Files.read("\(place.home)/node_modules/\(path)/package.json")
            return try JSONReader.read(bytes)["version"]?.string
        }
        #expect(try version("node-red") == "9.9.1")
        #expect(try version("@lineside-test/nodes") == "1.0.0")
        // What the flattened stack nested is resolved anew, each to its own.
        let versions = ["left", "node-red/node_modules/left", "right/node_modules/left"]
            .compactMap { path in try? version(path) }
        #expect(Set(versions) == ["1.2.0", "2.0.0"])
        #expect(access("\(place.home)/node_modules/.bin/made-up", X_OK) == 0)
        #expect(!Files.exists("\(place.home)/node_modules/node-red/npm-shrinkwrap.json"))

        let first = try Files.read("\(place.home)/package-lock.json")
        for name in ["package-lock.json", "node_modules", "cache"] {
            try? Files.removeTree("\(place.home)/\(name)")
            unlink("\(place.home)/\(name)")
        }
        try await install("node-red@9.9.1", at: place, in: directory)
        #expect(try Files.read("\(place.home)/package-lock.json") == first)
    }

    @Test("Who is nobody gets nothing; what is not there is said as npm understands it")
    func refuses() async throws {
        guard Self.npm != nil else { return print("skipped: npm is not installed here") }
        let directory = try #require(directory)
        let place = try await place(in: directory) { site in
            try await site.command("stack", "add", try await Self.madeStack(in: directory))
        }
        let missing = try await npm(
            ["install", "no-such-package@1.0.0"], at: place, in: directory)
        #expect(missing.status != 0)
        #expect(missing.errors.contains("E404"), "\(missing.errors)")
        let ping = try await npm(["ping"], at: place, in: directory)
        #expect(ping.status == 0, "\(ping.errors)")
        let search = try await npm(["search", "--json", "made"], at: place, in: directory)
        #expect(search.output.contains("node-red"), "\(search.output) \(search.errors)")
        let view = try await npm(
            ["view", "@lineside-test/nodes", "version"], at: place, in: directory)
        #expect(view.output.contains("1.0.0"), "\(view.errors)")

        try Files.replace(
            "\(place.home)/.npmrc", with: Array(place.palette(token: nil).npmrc.utf8))
        let stranger = try await npm(["install", "left"], at: place, in: directory)
        #expect(stranger.status != 0)
        #expect(stranger.errors.contains("E401"), "\(stranger.errors)")
    }

    @Test("The whole of a real Node-RED is installed into a blank directory, and starts")
    func wholeNodeRED() async throws {
        guard Self.npm != nil else { return print("skipped: npm is not installed here") }
        guard let stack = getenv("LINESIDE_TEST_STACK").map({ String(cString: $0) }),
            stack.hasSuffix(".tgz")
        else { return print("skipped: LINESIDE_TEST_STACK names no archive of Node-RED") }
        let directory = try #require(directory)
        let place = try await place(in: directory) { site in
            try await site.command("stack", "add", stack)
        }
        let wanted = try #require(
            try await place.client.get("/api/v1/stacks")["items"].array?.first?["nodeRed"]?.string)
        try await install("node-red@\(wanted)", at: place, in: directory)

        try Files.makeDirectory("\(place.home)/user")
        let program = try ProgramUnderTest(
            "/usr/bin/node",
            [
                "\(place.home)/node_modules/node-red/red.js", "-u", "\(place.home)/user", "-p", "0",
            ], errors: "\(directory.path)/node-red.err")
        let started = try await withLimit(waitingFor: "Node-RED to start its flows") {
            for await line in program.lines where line.contains("Started flows") { return true }
            return false
        }
        #expect(started)
        program.signal(SIGKILL)
    }

    /// Seen with FlowFuse's own agent: where npm's configuration names a `cafile`, Node.js forgets
    /// `NODE_EXTRA_CA_CERTS`, and npm takes the site for a stranger.
    @Test("What a stock agent is told is enough for npm, whomever else the machine's npm trusts")
    func stockAgent() async throws {
        guard Self.npm != nil else { return print("skipped: npm is not installed here") }
        let directory = try #require(directory)
        let place = try await place(in: directory) { site in
            try await site.command("stack", "add", try await Self.madeStack(in: directory))
        }
        let client = place.client
        let team = try #require(
            try await client.get("/api/v1/teams")["items"].array?.first?["id"]?.string)
        let device = try await client.post(
            "/api/v1/devices",
            [
                "name": "Press 7", "agent": "stock", "teamId": .string(team),
                "applicationId": .string(try await client.firstApplication()),
            ])
        let id = try #require(device["id"].string, "\(device.text)")
        let given = try await client.post("/api/v1/devices/\(id)/credentials")
        let file = try #require(given["deviceYml"].string, "\(given.text)")
        let lines = file.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let token = try #require(lines.first { $0[0] == "token:" }?.last)
        let agent = try CurlClient(place.site.origin, bearer: token)
        let settings = try await agent.get("/api/v1/devices/\(id)/live/settings")
        let npmrc = try #require(settings["palette"]["npmrc"]?.string, "\(settings.text)")
        try Files.replace("\(place.home)/.npmrc", with: Array(npmrc.utf8))
        let other = "\(directory.path)/other.pem"
        try Files.replace(other, with: try CertificateFixtures("Elsewhere").authority)
        let global = "\(directory.path)/npmrc"
        try Files.replace(global, with: Array("cafile=\(other)\n".utf8))
        let done = try await npm(
            ["install", "--no-fund", "--no-audit", "node-red@9.9.1"], at: place, in: directory,
            environment: ["npm_config_globalconfig": global])
        #expect(done.status == 0, "\(done.output) \(done.errors)")
    }

    // MARK: Steps

    struct Place: Sendable {
        let site: BuiltLineside
        let client: CurlClient
        let home: String
        let token: String
        let authority: String

        func palette(token: String?) -> PaletteSettings {
            PaletteSettings(origin: site.origin, token: token, authorities: authority)
        }
    }

    private func place(
        in directory: TemporaryDirectory,
        _ add: (BuiltLineside) async throws -> (status: Int32, output: [String])
    ) async throws -> Place {
        let state = "\(directory.path)/state"
        let site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        let added = try await add(site)
        #expect(added.status == 0, "\(added.output)")
        let made = try await client.post(
            "/api/v1/user/tokens", ["name": "npm", "readOnly": true])
        let token = try #require(made["secret"].string ?? made["token"].string, "\(made.text)")
        let home = "\(directory.path)/home"
        try Files.makeDirectory(home)
        let place = Place(
            site: site, client: client, home: home, token: token,
            authority: String(
                decoding: try Files.read(StatePaths(state).authorityCertificate), as: UTF8.self))
        try Files.replace("\(home)/.npmrc", with: Array(place.palette(token: token).npmrc.utf8))
        return place
    }

    private func install(
        _ what: String, at place: Place, in directory: TemporaryDirectory
    ) async throws {
        let done = try await npm(
            ["install", "--no-fund", "--no-audit", what], at: place, in: directory)
        #expect(done.status == 0, "\(done.output) \(done.errors)")
    }

    private func npm(
        _ arguments: [String], at place: Place, in directory: TemporaryDirectory,
        environment more: [String: String] = [:]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let errors =
            "\(directory.path)/npm-\(Randomness.text(count: 6, from: .lowercaseAlphanumerics))"
        let program = try ProgramUnderTest(
            try #require(Self.npm), arguments + ["--prefix", place.home, "--no-update-notifier"],
            environment: [
                "HOME": place.home, "npm_config_cache": "\(place.home)/cache",
                "npm_config_fetch_retries": "0",
            ].merging(more) { $1 }, errors: errors)
        let output = try await withLimit(waitingFor: "npm \(arguments)") {
            var output = ""
            for await line in program.lines { output += "\(line)\n" }
            return (await program.exitStatus(), output)
        }
        let said = (try? Files.read(errors)) ?? []
        return (output.0, output.1, String(decoding: said, as: UTF8.self))
    }

    /// A little Node-RED with all the ways in which packages lie in a stack: one version beside and
    /// another below, a scope, a program, a list of bundled ones, a name that takes two blocks.
    static func madeStack(in directory: TemporaryDirectory) async throws -> String {
        let package = "\(directory.path)/made/package"
        let long = String(repeating: "l", count: 120)
        let files: [(String, String)] = [
            (
                "package.json",
                """
                {"name":"node-red","version":"9.9.1","description":"made up","bin":"red.js",
                "dependencies":{"left":"^2.0.0","right":"1.x","@lineside-test/nodes":"1.0.0"},
                "bundleDependencies":["left","right","@lineside-test/nodes"]}
                """
            ),
            ("red.js", "require('left'); require('right');\n"),
            ("npm-shrinkwrap.json", #"{"name":"node-red","lockfileVersion":3,"packages":{}}"#),
            ("lib/\(long)/\(long).js", "// deep\n"),
            ("node_modules/left/package.json", #"{"name":"left","version":"2.0.0"}"#),
            ("node_modules/left/index.js", "module.exports = 2;\n"),
            (
                "node_modules/right/package.json",
                #"{"name":"right","version":"1.4.0","dependencies":{"left":"^1.0.0"}}"#
            ),
            ("node_modules/right/index.js", "module.exports = require('left');\n"),
            (
                "node_modules/right/node_modules/left/package.json",
                #"{"name":"left","version":"1.2.0"}"#
            ),
            ("node_modules/right/node_modules/left/index.js", "module.exports = 1;\n"),
            (
                "node_modules/@lineside-test/nodes/package.json",
                #"{"name":"@lineside-test/nodes","version":"1.0.0","bin":{"made-up":"run.js"}}"#
            ),
            ("node_modules/@lineside-test/nodes/run.js", "#!/usr/bin/env node\n"),
        ]
        for (path, text) in files {
            let file = "\(package)/\(path)"
            try Files.makeDirectory(Files.parent(of: file), mode: 0o755)
            try Files.replace(file, with: Array(text.utf8), mode: 0o644)
        }
        let archive = "\(directory.path)/made.tgz"
        let tar = try ProgramUnderTest(
            "/usr/bin/tar", ["-czf", archive, "-C", "\(directory.path)/made", "package"],
            errors: "\(directory.path)/tar.err")
        #expect(await tar.exitStatus() == 0)
        return archive
    }
}
