import Basics
import Crypto
package import Domain
import Glibc

/// A file that is as large from the first start on as it will ever be: what is written into it
/// needs no place on a disk that is full. Two halves in turn, so that a torn write leaves what was
/// there. Blocks; for one thread at a time.
package struct RevocationReserve: Sendable {
    /// A revocation that the registry does not have.
    package struct Entry: Sendable, Equatable {
        package var device: Device.ID
        /// Who said it.
        package var actor: Actor

        package init(device: Device.ID, actor: Actor) {
            self.device = device
            self.actor = actor
        }
    }

    /// 64 KB, some 300 devices: more at once do not fit, and are told so.
    private static let half = 65_536

    private let path: String
    private var number: UInt64 = 0
    private var isReady = false

    package init(_ path: String) { self.path = path }

    /// Makes the file where there is none. What cannot be read is as if nothing was there.
    package mutating func load() -> [Entry] {
        var found: (number: UInt64, entries: [Entry]) = (0, [])
        for offset in [0, Self.half] {
            guard let read = read(at: offset), read.number > found.number else { continue }
            found = read
        }
        number = found.number
        prepare()
        return found.entries
    }

    /// - Returns: whether they are on the disk.
    package mutating func keep(_ entries: [Entry]) -> Bool {
        prepare()
        guard isReady else { return false }
        let body = Self.text(entries)
        let head = Array("\(number + 1) \(body.count) \(Hex.encode(Digest.sha256(body)))\n".utf8)
        guard head.count + body.count <= Self.half,
            let file = FileDescriptor(
                owning: open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW))
        else { return false }
        let offset = Int(number % 2) * Self.half
        guard Self.write(head + body, to: file, at: offset) else { return false }
        number += 1
        return true
    }

    /// Zeros are written, not only promised: a promise may need room when it is called in.
    private mutating func prepare() {
        guard !isReady else { return }
        var information = stat()
        if lstat(path, &information) == 0, information.st_size == off_t(2 * Self.half) {
            isReady = true
            return
        }
        let zeros = [UInt8](repeating: 0, count: 2 * Self.half)
        isReady = (try? Files.replace(path, with: zeros, mode: 0o600)) != nil
    }

    private static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor, at offset: Int)
        -> Bool
    {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                pwrite(file.raw, $0.baseAddress, $0.count, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return fdatasync(file.raw) == 0
    }

    private func read(at offset: Int) -> (number: UInt64, entries: [Entry])? {
        guard let all = try? Files.read(path, limit: ByteCount(2 * Self.half)),
            all.count == 2 * Self.half
        else { return nil }
        let half = all[offset..<offset + Self.half]
        guard let end = half.prefix(200).firstIndex(of: 0x0A) else { return nil }
        let words = String(decoding: half[offset..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, let number = UInt64(words[0]), let count = Int(words[1]),
            count >= 0, end + 1 + count <= half.endIndex
        else { return nil }
        let body = Array(half[(end + 1)..<(end + 1 + count)])
        guard Hex.encode(Digest.sha256(body)) == words[2],
            let list = try? JSONReader.read(body).array
        else { return nil }
        return (number, list.compactMap(Self.entry))
    }

    private static func text(_ entries: [Entry]) -> [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for entry in entries {
                json.object { json in
                    json.field("device", entry.device)
                    json.field("type", entry.actor.type)
                    json.field("id", entry.actor.id)
                    json.field("user", entry.actor.userID?.text)
                    json.field("name", entry.actor.name)
                    json.field("address", entry.actor.address)
                }
            }
        }
        return json.bytes
    }

    private static func entry(_ json: JSONValue) -> Entry? {
        guard let device = json["device"]?.string.flatMap(Device.ID.init(_:)) else { return nil }
        let name = json["name"]?.string ?? ""
        let user = json["user"]?.string.flatMap(User.ID.init(_:))
        let identity: Actor.Identity
        switch (json["type"]?.string, user) {
        case ("token", .some(let user)):
            let token = json["id"]?.string.flatMap(PersonalToken.ID.init(_:))
            identity = token.map { .token($0, name: name, user: user) } ?? .user(user, name: name)
        case (_, .some(let user)): identity = .user(user, name: name)
        default: identity = .site
        }
        return Entry(
            device: device, actor: Actor(identity, address: json["address"]?.string))
    }
}
