import Basics
import Domain
import Glibc

/// What an unpacked archive turns out to be, read from its files; nothing in it is run.
struct StackContents: Sendable, Equatable {
    let name: String
    let version: String
    let nodeRED: String
    let node: String?
    let abi: Int?
    let architecture: String

    /// - Parameter root: laid out as a stack: `node_modules/node-red`, perhaps `node/bin/node`.
    init(
        root: String, package: PackageFile?, tree: StackTree
    ) throws(StackFault) {
        let nodeRED = try PackageFile.read("\(root)/node_modules/node-red/package.json")
        guard let nodeRED, nodeRED.name == "node-red" else { throw Self.noNodeRED }
        guard Files.exists("\(root)/node_modules/node-red/red.js") else {
            throw .unsuitable("The archive's Node-RED is incomplete: red.js is missing.")
        }
        self.nodeRED = nodeRED.version
        name = package.map { $0.name == "node-red" ? "Node-RED" : $0.name } ?? "Node-RED"
        version = package?.version ?? nodeRED.version
        let binary = "\(root)/node/bin/node"
        guard Files.exists(binary) else {
            (node, abi) = (nil, nil)
            let kinds = Set(tree.compiled.compactMap(ELFHeader.architecture(of:)))
            architecture = kinds.contains(ELFHeader.host) ? ELFHeader.host : kinds.first ?? "any"
            return
        }
        guard access(binary, X_OK) == 0, let kind = ELFHeader.architecture(of: binary) else {
            throw .unsuitable("The archive's node/bin/node is no program.")
        }
        guard kind == ELFHeader.host else {
            throw .unsuitable(
                "The archive's Node.js is built for \(kind); this server is \(ELFHeader.host).")
        }
        architecture = kind
        (node, abi) = NodeVersion.read(root: root)
    }

    var suggestedName: Name<Stack> {
        let plain = Name<Stack>(stored: "Node-RED \(nodeRED)")
        return (try? Name(validating: "\(name) \(version)")) ?? plain
    }

    static let noNodeRED = StackFault.unsuitable(
        "The archive holds no Node-RED. Make it with npm pack, with all dependencies of node-red "
            + "in bundleDependencies.")
}

/// The two fields of a package.json that count here.
struct PackageFile: Sendable, Equatable {
    let name: String
    let version: String

    /// `nil` where there is none.
    static func read(_ path: String) throws(StackFault) -> PackageFile? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path, limit: .mebibytes(1)) } catch {
            if error.isMissing { return nil }
            if error.code == EFBIG { throw .unsuitable("A package.json is larger than 1 MB.") }
            throw StackFault(error)
        }
        guard let object = try? JSONReader.read(bytes).object, let name = object["name"]?.string,
            let version = object["version"]?.string, (1...214).contains(name.utf8.count),
            (1...64).contains(version.utf8.count),
            version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .unsuitable("A package.json of the archive names no package and version.") }
        return PackageFile(name: name, version: version)
    }
}

/// The first bytes of a program or compiled module.
enum ELFHeader {
    static let host: String = {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }()

    /// As `uname -m` says it; `nil` where it is no ELF file.
    static func architecture(of path: String) -> String? {
        guard let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC)) else {
            return nil
        }
        var head = [UInt8](repeating: 0, count: 20)
        guard read(file.raw, &head, 20) == 20 else { return nil }
        return architecture(ofFirst: head)
    }

    /// - Parameter head: the first bytes of a file.
    static func architecture(ofFirst head: [UInt8]) -> String? {
        guard head.count >= 20, head.starts(with: [0x7F, 0x45, 0x4C, 0x46]),
            // Little-endian, as both machines are.
            head[5] == 1
        else { return nil }
        switch UInt16(head[18]) | UInt16(head[19]) << 8 {
        case 62: return "x86_64"
        case 183: return "aarch64"
        case let other: return "machine \(other)"
        }
    }
}
