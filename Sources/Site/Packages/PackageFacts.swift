import Basics
import Crypto
import Domain

/// What the registry says of one version of a package.
struct PackageFacts: Sendable {
    let manifest: PackageManifest
    /// SHA-1 of the archive, in hexadecimal digits.
    let shasum: String
    /// `sha512-…`
    let integrity: String
    /// Of the archive, in bytes.
    let length: Int
    let files: Int
    let unpackedSize: Int
    let hasInstallScript: Bool
    /// Changes when one of its files does.
    let stamp: [UInt8]

    /// Reads every byte of it.
    init(_ tarball: PackageTarball) throws(SystemError) {
        var sha1 = MessageDigest(.sha1)
        var sha512 = MessageDigest(.sha512)
        var reader = try PackageTarballReader(tarball)
        while let piece = try reader.next() {
            sha1.update(piece)
            sha512.update(piece)
        }
        manifest = tarball.manifest
        shasum = Hex.encode(sha1.finish())
        integrity = "sha512-\(Base64URL.encodeClassic(sha512.finish()))"
        length = tarball.length
        files = tarball.files.count
        unpackedSize = tarball.unpackedSize
        hasInstallScript = tarball.manifest.hasInstallScript(hasGypFile: tarball.hasGypFile)
        stamp = Self.stamp(of: tarball)
    }

    static func stamp(of tarball: PackageTarball) -> [UInt8] {
        var hasher = SHA256Hasher()
        for file in tarball.files {
            hasher.update(Array("\(file.path)\0\(file.size)\0\(file.changed)\0".utf8))
        }
        return hasher.finish()
    }

    var etag: String { "\"\(shasum)\"" }

    /// - Parameter registry: `https://plant:8443/npm`.
    func write(to json: inout JSONWriter, isFull: Bool, registry: String) {
        let name = manifest.name
        json.object { json in
            if isFull { json.field("_id", "\(name)@\(manifest.version)") }
            for (key, value) in manifest.served(isFull: isFull).members {
                json.key(key)
                json.value(value)
            }
            if hasInstallScript { json.field("hasInstallScript", true) }
            json.field("_hasShrinkwrap", false)
            json.object("dist") { json in
                json.field(
                    "tarball", "\(registry)/\(name)/-/\(name.base)-\(manifest.version).tgz")
                json.field("shasum", shasum)
                json.field("integrity", integrity)
                json.field("fileCount", files)
                json.field("unpackedSize", unpackedSize)
            }
        }
    }
}
