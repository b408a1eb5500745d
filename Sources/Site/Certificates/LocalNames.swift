import Basics
import Glibc

/// Under which names and addresses this machine can be reached, as far as it knows by itself.
package struct LocalNames: Sendable, Equatable {
    /// Lower case.
    package var names: [String]
    package var addresses: [String]

    package init(names: [String], addresses: [String]) {
        self.names = names
        self.addresses = addresses
    }

    /// Host name, host name with `.local` (multicast DNS), `localhost`, all addresses but those of
    /// one link and those that IPv6 changes every day; then what the configuration adds.
    /// - Parameter extra: names or addresses; what could be neither is left out.
    package static func current(extra: [String] = []) -> LocalNames {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, 255)
        let name = host.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0).lowercased() } ?? ""
        }
        var found = LocalNames(names: [], addresses: ["127.0.0.1", "::1"])
        for name in [name, name.contains(".") ? "" : "\(name).local", "localhost"] + extra {
            found.add(name.lowercased())
        }
        for address in ipv4Addresses() + ipv6Addresses() { found.add(address) }
        return found
    }

    /// Everything in one list, as a `Host` header may name it.
    package var all: [String] { names + addresses }

    mutating func add(_ text: String) {
        if isAddress(text) {
            // 100: a machine with a bridge for each container must not blow up the certificate.
            if !addresses.contains(text), addresses.count < 100 { addresses.append(text) }
        } else if Self.isHostName(text), !names.contains(text) {
            names.append(text)
        }
    }

    private func isAddress(_ text: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// Letters, digits, hyphens and dots, as browsers take them (RFC 1123 §2.1); underscores too.
    static func isHostName(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy { letter in
                        (0x30...0x39).contains(letter) || (0x61...0x7A).contains(letter)
                            || letter == UInt8(ascii: "-") || letter == UInt8(ascii: "_")
                    }
                    && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            }
    }

    private static func ipv4Addresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [String] = []
        var next = list
        while let interface = next?.pointee {
            next = interface.ifa_next
            guard let address = interface.ifa_addr, address.pointee.sa_family == AF_INET else {
                continue
            }
            var text = [CChar](repeating: 0, count: 64)
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { ipv4 in
                _ = inet_ntop(AF_INET, &ipv4.pointee.sin_addr, &text, 64)
            }
            found.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
        }
        return found.sorted()
    }

    /// From /proc/net/if_inet6, because `getifaddrs` does not say which addresses are temporary.
    private static func ipv6Addresses() -> [String] {
        guard let bytes = try? Files.read("/proc/net/if_inet6", limit: .mebibytes(1)) else {
            return []
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.compactMap { ipv6Address(String($0)) }.sorted()
    }

    /// `20010db8000000000000000000000001 02 40 00 80 eth0`: address, …, scope, flags, interface.
    static func ipv6Address(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard words.count == 6, var bytes = Hex.decode(String(words[0])), bytes.count == 16,
            // 0x20: of one link only. Flags 0x01 temporary, 0x08 failed, 0x20 deprecated,
            // 0x40 tentative (linux/if_addr.h).
            words[3] != "20", let flags = UInt8(words[4], radix: 16), flags & 0x69 == 0
        else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(AF_INET6, &bytes, &text, 64) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}
