import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Registry of packages", .timeLimit(.minutes(10))) struct PackageRegistryTests {
    static let base = "https://plant:8443/npm"
    let site: DeviceContentFixture
    let registry: PackageRegistry

    init() async throws {
        site = try await DeviceContentFixture()
        registry = PackageRegistry(
            stacks: site.stacks, stores: site.stores, state: site.directory.path)
    }

    var team: PackageReader { .teams([site.instance.teamID]) }

    func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

    func versions(_ text: String, for reader: PackageReader) async throws -> [String: JSONValue] {
        let document = await registry.document(
            of: try name(text), .abbreviated, for: reader, registry: Self.base)
        guard let document else { return [:] }
        let object = try JSONReader.read(document.bytes)
        let members = object["versions"]?.object?.members ?? []
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
    }

    func archive(_ text: String, _ version: String, for reader: PackageReader) async throws
        -> [UInt8]
    {
        let package = try name(text)
        let archive = try #require(
            await registry.archive(
                "\(package.base)-\(version).tgz", of: package, for: reader))
        var bytes: [UInt8] = []
        while let piece = try await archive.next() { bytes += piece }
        #expect(bytes.count == archive.length)
        return bytes
    }

    static func digest(_ algorithm: MessageDigest.Algorithm, _ bytes: [UInt8]) -> [UInt8] {
        var digest = MessageDigest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }

    @Test("A deployment to stock agents asks for every package that npm will ask for")
    func fitness() async throws {
        let fitness = ManifestRolloutFitness(
            stores: site.stores, manifests: site.manifests, packages: registry,
            vault: site.vault)
        let device = try await site.stores.devices.insert(
            DeviceStore.Draft(
                team: site.instance.teamID, application: site.instance.applicationID,
                name: Name(stored: "Old box"), agent: .stock,
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])),
            by: .site)
        let candidates = try await site.stores.deployments.candidates(
            in: site.instance.applicationID, groups: [], devices: [device.id])
        #expect(candidates.map(\.agent) == [.stock])
        func obstacles(_ name: String, _ modules: [NodeModule]) async throws -> [String] {
            let snapshot = try await site.snapshot(name, modules: modules)
            return await fitness.obstacles(to: snapshot, on: candidates)
        }
        let nodeRED = NodeModule(name: "node-red", version: "4.1.3")
        #expect(try await obstacles("plain", []) == [])
        #expect(try await obstacles("named", [nodeRED]) == [])
        #expect(try await obstacles("ranged", [NodeModule(name: "ws", version: "^8")]) == [])
        let gone = NodeModule(name: "gone", version: "4.5.6")
        let text = try #require(try await obstacles("gone", [nodeRED, gone]).first)
        #expect(text.contains("gone@4.5.6") && !text.contains("node-red@"))
        let later = NodeModule(name: "node-red", version: "9.9.9")
        #expect(try await obstacles("later", [later]).first?.contains("9.9.9") == true)
    }

    @Test("What is compiled for one machine is worth a word where nobody knows the device's")
    func compiled() async throws {
        let fitness = ManifestRolloutFitness(
            stores: site.stores, manifests: site.manifests, packages: registry,
            vault: site.vault)
        let device = try await site.stores.devices.insert(
            DeviceStore.Draft(
                team: site.instance.teamID, application: site.instance.applicationID,
                name: Name(stored: "Old box"), agent: .stock,
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])),
            by: .site)
        var candidates = try await site.stores.deployments.candidates(
            in: site.instance.applicationID, groups: [], devices: [device.id])
        try site.install([NodeModule(name: "plc", version: "2.0.0")], needing: ["serial"])
        try site.install([NodeModule(name: "serial", version: "1.0.0")])
        try site.install([NodeModule(name: "plain", version: "1.0.0")])
        // 183: ELF for arm64.
        let head: [UInt8] =
            [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 11) + [183, 0]
        let folder = "\(site.user)/node_modules/serial/build/Release"
        try Files.makeDirectory(folder)
        try Files.replace("\(folder)/bindings.node", with: head + [1, 2, 3])
        let plc = try await site.snapshot(
            "PLC", modules: [NodeModule(name: "plc", version: "2.0.0")])
        let plain = try await site.snapshot(
            "Plain", modules: [NodeModule(name: "plain", version: "1.0.0")])
        #expect(await fitness.warnings(about: plain, on: candidates) == [])
        let warning = try #require(await fitness.warnings(about: plc, on: candidates).first)
        #expect(warning.contains("serial@1.0.0") && warning.contains("arm64"))
        #expect(warning.contains("Old box"))
        #expect(await fitness.obstacles(to: plc, on: candidates) == [])
        // Where it is known it is no question.
        candidates[0].architecture = "arm64"
        #expect(await fitness.warnings(about: plc, on: candidates) == [])
        #expect(await fitness.obstacles(to: plc, on: candidates) == [])
        candidates[0].architecture = "x64"
        #expect(await fitness.warnings(about: plc, on: candidates) == [])
        let obstacle = try #require(await fitness.obstacles(to: plc, on: candidates).first)
        #expect(obstacle.contains("serial@1.0.0") && obstacle.contains("x64"))
    }

    @Test("Digests are those of the archive, and the archive is the same every time")
    func digests() async throws {
        let versions = try await versions("ws", for: .stacksOnly)
        let dist = try #require(versions["8.0.0"]?["dist"])
        let first = try await archive("ws", "8.0.0", for: .stacksOnly)
        #expect(try await archive("ws", "8.0.0", for: .stacksOnly) == first)
        #expect(
            dist["integrity"]?.string
                == "sha512-\(Base64URL.encodeClassic(Self.digest(.sha512, first)))")
        #expect(dist["shasum"]?.string == Hex.encode(Self.digest(.sha1, first)))
        #expect(dist["tarball"]?.string == "\(Self.base)/ws/-/ws-8.0.0.tgz")

        let file = "\(site.directory.path)/ws.tgz"
        try Files.replace(file, with: first)
        let tar = try ProgramUnderTest(
            "/usr/bin/tar", ["-tzvf", file], errors: "\(site.directory.path)/tar.err")
        var lines: [String] = []
        for await line in tar.lines { lines.append(line) }
        #expect(await tar.exitStatus() == 0)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("-rw-r--r-- 0/0") == true)
        #expect(lines.first?.hasSuffix(" package/package.json") == true)
    }

    @Test("What an instance has installed is for its team alone")
    func teams() async throws {
        try site.install([NodeModule(name: "@plant/press", version: "1.0.0")])
        #expect(try await versions("@plant/press", for: team).keys.sorted() == ["1.0.0"])
        #expect(try await versions("@plant/press", for: .everything).count == 1)
        #expect(try await versions("@plant/press", for: .stacksOnly).isEmpty)
        #expect(try await versions("@plant/press", for: .teams([.random()])).isEmpty)
        #expect(
            await registry.archive(
                "press-1.0.0.tgz", of: try name("@plant/press"), for: .stacksOnly) == nil)
    }

    @Test("A flow cannot put its own version in the way of a stack's")
    func poison() async throws {
        try site.install([
            NodeModule(name: "ws", version: "8.99.0"),
            NodeModule(name: "ws-like", version: "1.0.0"),
        ])
        try site.put(
            "node_modules/ws-like/node_modules/ws/package.json",
            #"{"name":"ws","version":"7.5.0"}"#)
        // Of another line, which no `^8` takes; and `latest` stays the stack's.
        #expect(try await versions("ws", for: team).keys.sorted() == ["7.5.0", "8.0.0"])
        let tags = try #require(await registry.tags(of: try name("ws"), for: team))
        #expect(try JSONReader.read(tags.bytes)["latest"]?.string == "8.0.0")
    }

    @Test("Links and second names of files in an instance's package are not packed")
    func hostile() async throws {
        try site.install([NodeModule(name: "bad", version: "1.0.0")])
        let secret = "\(site.directory.path)/secret"
        try Files.replace(secret, with: Array("the key of the site".utf8))
        symlink(secret, "\(site.user)/node_modules/bad/leak")
        link(secret, "\(site.user)/node_modules/bad/second")
        mkfifo("\(site.user)/node_modules/bad/pipe", 0o600)
        symlink(site.directory.path, "\(site.user)/node_modules/bad/up")
        symlink(site.directory.path, "\(site.user)/node_modules/other")
        let text = String(
            decoding: try await archive("bad", "1.0.0", for: team), as: UTF8.self)
        #expect(text.contains("package/index.js"))
        for word in ["the key of the site", "leak", "second", "pipe", "package/up"] {
            #expect(!text.contains(word))
        }
        #expect(try await versions("other", for: team).isEmpty)
    }

    @Test("What was packed with its dependencies is served without them")
    func bundled() async throws {
        try site.put("package.json", #"{"dependencies":{"whole":"1.0.0"}}"#)
        try site.put(
            "node_modules/whole/package.json",
            """
            {"name":"whole","version":"1.0.0","dependencies":{"part":"1.0.0"},
            "bundleDependencies":["part"],"scripts":{"install":"node-gyp rebuild"}}
            """)
        try site.put("node_modules/whole/binding.gyp", "{}")
        try site.put("node_modules/whole/build/Release/x.node", "compiled")
        try site.put("node_modules/whole/npm-shrinkwrap.json", "{}")
        try site.put(
            "node_modules/whole/node_modules/part/package.json",
            #"{"name":"part","version":"1.0.0"}"#)
        let whole = try #require(try await versions("whole", for: team)["1.0.0"])
        #expect(whole["dependencies"]?["part"]?.string == "1.0.0")
        #expect(whole["bundleDependencies"] == nil)
        #expect(whole["hasInstallScript"] == nil)
        let text = String(
            decoding: try await archive("whole", "1.0.0", for: team), as: UTF8.self)
        for word in ["node_modules", "shrinkwrap", "bundleDependencies", "node-gyp"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains(#""gypfile":false"#))
        #expect(try await versions("part", for: team).count == 1)
    }

    @Test("A package that changes is served with other digests; one that is cut short is not")
    func changes() async throws {
        try site.install([NodeModule(name: "moving", version: "1.0.0")])
        func integrity() async throws -> String? {
            try await versions("moving", for: team)["1.0.0"]?["dist"]?["integrity"]?.string
        }
        let before = try await integrity()
        try site.put("node_modules/moving/index.js", "// something else, and longer\n")
        #expect(try await integrity() != before)
    }

    @Test("Stacks that come and go are noticed")
    func stacksComeAndGo() async throws {
        let task = Task { try await registry.run() }
        defer { task.cancel() }
        #expect(try await versions("node-red", for: .stacksOnly).keys.sorted() == ["4.1.3"])
        let other = try await site.stacks.add(
            LinesideTestArchive.nodeRED("4.0.0", in: site.directory), name: nil, by: .site)
        try await wait(for: ["4.0.0", "4.1.3"])
        try await site.stacks.remove(other.id, by: .site)
        try await wait(for: ["4.1.3"])
    }

    private func wait(for expected: [String]) async throws {
        let found = try await eventually("versions \(expected)") {
            let found = try await versions("node-red", for: .stacksOnly).keys.sorted()
            return found == expected ? found : nil
        }
        #expect(found == expected)
    }

    @Test("The catalogue names what brings nodes, and search finds by words")
    func finds() async throws {
        let catalogue = await registry.catalogue()
        #expect(try JSONReader.read(catalogue.bytes)["modules"]?.array?.isEmpty == true)
        let found = await registry.search("WS", size: 20, from: 0, for: .stacksOnly)
        #expect(try JSONReader.read(found.bytes)["total"]?.int == 1)
        let none = await registry.search("nothing like it", size: 20, from: 0, for: .everything)
        #expect(try JSONReader.read(none.bytes)["total"]?.int == 0)
    }
}

/// The little Node-RED of `TarBuilder`, as a file.
enum LinesideTestArchive {
    static func nodeRED(_ version: String, in directory: TemporaryDirectory) throws -> String {
        try archive(TarBuilder.nodeRED(version: version).finished, in: directory, gzip: true)
    }
}
