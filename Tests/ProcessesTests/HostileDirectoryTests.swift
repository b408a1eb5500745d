import Basics
import FoundationEssentials
import Glibc
import Processes
import Testing

@Suite("Hostile directory", .timeLimit(.minutes(10))) final class HostileDirectoryTests {
    let path = "\(FileManager.default.temporaryDirectory.path)/lineside-\(UUID().uuidString)"

    init() throws {
        try Files.makeDirectory("\(path)/inside/deep")
        try Files.replace("\(path)/secret", with: Array("the key".utf8))
    }

    deinit { try? Files.removeTree(path) }

    private func code(_ name: String) -> Int32? {
        do throws(SystemError) {
            _ = try HostileDirectory("\(path)/inside").read(name, limit: .kibibytes(1))
            return nil
        } catch { return error.code }
    }

    @Test("A plain file is read")
    func plain() throws {
        try Files.replace("\(path)/inside/deep/flows.json", with: Array("[]".utf8))
        let bytes = try HostileDirectory("\(path)/inside")
            .read("deep/flows.json", limit: .kibibytes(1))
        #expect(bytes == Array("[]".utf8))
    }

    @Test("flows.json as a link to a key is not followed")
    func links() {
        symlink("\(path)/secret", "\(path)/inside/flows.json")
        symlink(path, "\(path)/inside/dir")
        link("\(path)/secret", "\(path)/inside/hard")
        #expect(code("flows.json") == ELOOP)
        #expect(code("dir/secret") == ELOOP)
        #expect(code("hard") == EMLINK)
        #expect(code("../secret") == EXDEV)
        #expect(code("\(path)/secret") == EXDEV)
    }

    @Test("A pipe, a directory and a device-like file neither block nor open")
    func special() {
        mkfifo("\(path)/inside/pipe", 0o600)
        #expect(code("pipe") == EINVAL)
        #expect(code("deep") == EINVAL)
        #expect(code("nothing") == ENOENT)
    }

    @Test("A file larger than its bound is refused")
    func large() throws {
        try Files.replace("\(path)/inside/big", with: [UInt8](repeating: 0, count: 1025))
        #expect(code("big") == EFBIG)
    }

    @Test("A listing has a bound, and removing a link leaves what it points to")
    func list() throws {
        for number in 0..<20 { try Files.replace("\(path)/inside/\(number)", with: []) }
        symlink("\(path)/secret", "\(path)/inside/link")
        let directory = try HostileDirectory("\(path)/inside")
        #expect(try directory.list(limit: 5).count == 5)
        #expect(try directory.list(limit: 500).count == 22)
        try directory.remove("link")
        #expect(throws: SystemError.self) { try directory.remove("../secret") }
        #expect(Files.exists("\(path)/secret"))
    }

    @Test("A freed prefix costs no blocks and keeps its offsets")
    func punch() throws {
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        try Files.replace("\(path)/inside/out.log", with: bytes)
        let file = try HostileDirectory("\(path)/inside").open("out.log", O_RDWR)
        file.freePrefix(1 << 19)
        var information = stat()
        fstat(file.raw, &information)
        #expect(information.st_size == 1 << 20)
        #expect(information.st_blocks * 512 <= 1 << 19)
        var byte: UInt8 = 0
        #expect(pread(file.raw, &byte, 1, 1 << 19) == 1 && byte == 7)
    }
}
