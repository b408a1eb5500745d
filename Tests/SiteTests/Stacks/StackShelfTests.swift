import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Stack shelf") struct StackShelfTests {
    let directory: TemporaryDirectory
    let shelf: StackShelf
    let id = Stack.ID.random()

    init() throws {
        directory = try TemporaryDirectory()
        shelf = StackShelf(
            directory: "\(directory.path)/stacks",
            unpacker: UnpackProcess(executable: BuiltLineside.executable))
        try shelf.prepare()
    }

    func install(_ tar: TarBuilder, gzip: Bool = true) throws(StackFault) -> StackManifest {
        let path: String
        do { path = try archive(tar.finished, in: directory, gzip: gzip) } catch {
            throw .system(SystemError("make an archive"))
        }
        return try install(path)
    }

    func install(_ path: String, name: Name<Stack>? = nil) throws(StackFault) -> StackManifest {
        guard let bytes = try? Files.read(path),
            let digest = ContentAddress(digest: Digest.sha256(bytes))
        else {
            throw .system(SystemError("read \(path)"))
        }
        return try shelf.install(
            path, digest: digest, as: id, name: name, by: "ada", at: Timestamp(milliseconds: 5))
    }

    var left: [String] { (try? Files.list("\(directory.path)/stacks")) ?? ["unreadable"] }

    func mode(_ path: String) -> UInt32 {
        var information = stat()
        return lstat("\(shelf.path(of: id))/\(path)", &information) == 0
            ? information.st_mode & 0o7777 : 0
    }

    @Test("What npm packs of node-red becomes a read-only stack with its manifest")
    func nodeRED() throws {
        let manifest = try install(TarBuilder.nodeRED())
        #expect(manifest.name.text == "Node-RED 4.1.3")
        #expect(manifest.nodeRED == "4.1.3")
        #expect(manifest.version == "4.1.3")
        #expect(manifest.node == nil)
        #expect(manifest.architecture == "any")
        #expect(manifest.files == 3)
        #expect(left == [id.text])
        let stack = shelf.path(of: id)
        #expect(Files.exists("\(stack)/node_modules/node-red/red.js"))
        #expect(Files.exists("\(stack)/node_modules/node-red/node_modules/ws/package.json"))
        #expect(mode("node_modules/node-red/red.js") == 0o555)
        #expect(mode("node_modules/node-red/package.json") == 0o444)
        #expect(mode("node_modules") == 0o555)
        #expect(mode("") == 0o555)
        #expect(shelf.manifest(of: id) == manifest)
        #expect(try shelf.stacks() == [id: manifest])
    }

    @Test("A package that has node-red among its own keeps its name and version")
    func wrapper() throws {
        var tar = TarBuilder()
        tar.add("package/package.json", #"{"name":"@plant/stack","version":"7.1.0"}"#)
        tar.add(
            "package/node_modules/node-red/package.json",
            #"{"name":"node-red","version":"4.0.9"}"#)
        tar.add("package/node_modules/node-red/red.js", "")
        let manifest = try install(tar)
        #expect(manifest.name.text == "@plant/stack 7.1.0")
        #expect(manifest.version == "7.1.0")
        #expect(manifest.nodeRED == "4.0.9")
        #expect(Files.exists("\(shelf.path(of: id))/node_modules/node-red/red.js"))
    }

    @Test("A Node.js that it carries lies under node, and its version and ABI are read, not run")
    func carriesNode() throws {
        var tar = TarBuilder.nodeRED()
        let program = try Array(Files.read("/proc/self/exe", limit: .mebibytes(512)).prefix(4096))
        tar.add("package/node/bin/node", content: program, mode: 0o755)
        tar.add(
            "package/node/include/node/node_version.h",
            """
            #define NODE_MAJOR_VERSION 22
            #define NODE_MINOR_VERSION 11
            #define NODE_PATCH_VERSION 0
            #define NODE_MODULE_VERSION 127
            """)
        let manifest = try install(tar)
        #expect(manifest.node == "22.11.0")
        #expect(manifest.abi == 127)
        #expect(manifest.architecture == ELFHeader.host)
        #expect(mode("node/bin/node") == 0o555)
        #expect(!Files.exists("\(shelf.path(of: id))/node_modules/node-red/node"))
    }

    @Test("Without the header the version is found in the program")
    func versionInProgram() {
        let noise = [UInt8](repeating: 0x68, count: 5000)
        let address = "https://nodejs.org/download/release/v20.18.1/node-v20.18.1.tar.gz\0"
        #expect(NodeVersion.version(in: noise + Array(address.utf8)) == "20.18.1")
        #expect(NodeVersion.version(in: noise) == nil)
        #expect(NodeVersion.version(in: []) == nil)
    }

    @Test("A Node.js for another machine is refused and leaves nothing")
    func otherMachine() throws {
        var tar = TarBuilder.nodeRED()
        var header = Array(try Files.read("/proc/self/exe", limit: .mebibytes(512)).prefix(64))
        header[18] = ELFHeader.host == "aarch64" ? 62 : 183
        tar.add("package/node/bin/node", content: header, mode: 0o755)
        let fault = #expect(throws: StackFault.self) { try install(tar) }
        #expect(fault?.description.contains("this server is \(ELFHeader.host)") == true)
        #expect(left.isEmpty)
    }

    @Test(
        "An archive without Node-RED is refused and leaves nothing",
        arguments: [
            #"{"name":"express","version":"1.0.0"}"#, #"{"name":"node-red"}"#, "{", "",
            #"{"name":"node-red","version":"4.1.3"}"#,
        ])
    func noNodeRED(package: String) throws {
        var tar = TarBuilder()
        tar.add("package/package.json", package)
        let fault = #expect(throws: StackFault.self) { try install(tar) }
        let unsuitable = if case .unsuitable? = fault { true } else { false }
        #expect(unsuitable)
        #expect(left.isEmpty)
    }

    @Test("A hostile archive is refused with the reason and leaves nothing")
    func hostile() throws {
        var tar = TarBuilder.nodeRED()
        tar.add("package/key", type: "2", link: "/etc/shadow")
        let fault = #expect(throws: StackFault.self) { try install(tar) }
        #expect(fault?.description.contains("link, device or pipe (package/key)") == true)
        #expect(left.isEmpty)
    }

    @Test("A process that unpacks and dies leaves nothing", arguments: ["/bin/false", "/nowhere"])
    func deadUnpacker(executable: String) throws {
        let other = StackShelf(
            directory: "\(directory.path)/stacks",
            unpacker: UnpackProcess(executable: executable))
        let path = try archive(TarBuilder.nodeRED().finished, in: directory)
        let digest = try #require(ContentAddress(digest: Digest.sha256([])))
        #expect(throws: StackFault.self) {
            try other.install(
                path, digest: digest, as: id, name: nil, by: "ada",
                at: Timestamp(milliseconds: 0))
        }
        #expect(left.isEmpty)
    }

    @Test("What a kill in the middle of an import left is gone after the next start")
    func killed() throws {
        let rest = "\(directory.path)/stacks/.incoming-\(id)/unpacked/package"
        try Files.makeDirectory(rest)
        try Files.replace("\(rest)/half", with: [1, 2, 3], mode: 0o444)
        #expect(chmod(rest, 0o555) == 0)
        try shelf.prepare()
        #expect(left.isEmpty)
    }

    @Test("A hidden stack can come back or go")
    func hides() throws {
        let manifest = try install(TarBuilder.nodeRED())
        try shelf.hide(id)
        #expect(try shelf.stacks().isEmpty)
        #expect(try shelf.hidden() == [id])
        try shelf.show(id)
        #expect(try shelf.stacks() == [id: manifest])
        try shelf.hide(id)
        try shelf.discard(id)
        #expect(left.isEmpty)
    }

    @Test("A full disk is said to be one, and nothing is left on it")
    func fullDisk() throws {
        let place = "\(directory.path)/small"
        try Files.makeDirectory(place)
        guard mount("lineside", place, "tmpfs", 0, "size=2m") == 0 else {
            print("skipped: a file system of 2 MB needs root")
            return
        }
        defer { umount2(place, 2) }
        let small = StackShelf(
            directory: "\(place)/stacks",
            unpacker: UnpackProcess(executable: BuiltLineside.executable))
        try small.prepare()
        var tar = TarBuilder.nodeRED()
        tar.add("package/big", content: Randomness.bytes(4 << 20))
        let path = try archive(tar.finished, in: directory)
        let digest = try #require(ContentAddress(digest: Digest.sha256([])))
        let fault = #expect(throws: StackFault.self) {
            try small.install(
                path, digest: digest, as: id, name: nil, by: "ada",
                at: Timestamp(milliseconds: 0))
        }
        #expect(fault == .full)
        #expect(try Files.list("\(place)/stacks").isEmpty)
    }

    @Test("The process that unpacks is fenced in, and killing it leaves nothing")
    func killedUnpacker() async throws {
        let pipe = "\(directory.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let digest = try #require(ContentAddress(digest: [UInt8](repeating: 1, count: 32)))
        let (shelf, id) = (shelf, id)
        let importing = Task(executorPreference: BlockingExecutor(label: "import")) {
            do throws(StackFault) {
                _ = try shelf.install(
                    pipe, digest: digest, as: id, name: nil, by: "ada",
                    at: Timestamp(milliseconds: 0))
                return StackFault?.none
            } catch { return error }
        }
        guard let end = FileDescriptor(owning: open(pipe, O_WRONLY | O_CLOEXEC)) else {
            throw SystemError("open \(pipe)")
        }
        // A whole entry and no end: it stays in the middle.
        try Files.write(TarBuilder.nodeRED().bytes, to: end, pipe)
        let unpacked = "\(directory.path)/stacks/.incoming-\(id)/unpacked"
        let pid = try await eventually("the process that unpacks") {
            guard Files.exists("\(unpacked)/package/package.json") else { return pid_t?.none }
            return try Self.unpacker(into: unpacked)
        }
        let status = String(
            decoding: try Files.read("/proc/\(pid)/status"), as: UTF8.self)
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("Seccomp:\t2"))
        #expect(status.contains("Threads:\t1"))
        // Only root may look into a process that gave up being looked into.
        if getuid() == 0 {
            let descriptors = try Files.list("/proc/\(pid)/fd").filter { Int($0) ?? 0 > 2 }
            #expect(descriptors.count <= 2, "its directory and the file that it writes")
        }
        #expect(kill(pid, SIGKILL) == 0)
        let fault = await importing.value
        #expect(
            fault
                == .refused(
                    "Unpacking took too long or was stopped; nothing of the archive was kept."))
        #expect(left.isEmpty)
    }

    /// The process that was told to unpack into that directory.
    private static func unpacker(into directory: String) throws -> pid_t {
        for name in try Files.list("/proc") {
            guard let pid = pid_t(name), let bytes = try? Files.read("/proc/\(pid)/cmdline") else {
                continue
            }
            let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if words == ["lineside", "unpack", "0", directory, "everything"] { return pid }
        }
        throw SystemError("find the process", code: ESRCH)
    }

    @Test("A real Node-RED is taken in whole")
    func real() throws {
        guard let path = getenv("LINESIDE_TEST_STACK").map({ String(cString: $0) }),
            !Files.isDirectory(path)
        else {
            print("skipped: LINESIDE_TEST_STACK names no archive")
            return
        }
        let manifest = try install(path, name: Name(stored: "Real"))
        #expect(manifest.files > 1000)
        #expect(manifest.name.text == "Real")
        #expect(Files.exists("\(shelf.path(of: id))/node_modules/node-red/red.js"))
    }
}
