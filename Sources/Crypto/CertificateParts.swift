import Basics
import COpenSSL
import Glibc

/// The name of a subject or issuer (`X509_NAME *`).
enum DistinguishedName {
    /// Sets the common name, and nothing else, on a name that somebody else owns.
    static func set(_ commonName: String, on name: OpaquePointer?) throws(OpenSSLError) {
        // 64: the upper bound of RFC 5280, appendix A.1 (ub-common-name).
        let text = Array(String(commonName.prefix(64)).utf8)
        guard
            X509_NAME_add_entry_by_NID(
                name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
        else { throw OpenSSLError() }
    }

    static func commonName(_ name: OpaquePointer?) -> String? {
        let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(name, index) else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry))
        guard length >= 0, let text else { return nil }
        defer { CRYPTO_free(text, #fileID, #line) }
        return String(
            decoding: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}

/// Times in certificates, to the second.
enum CertificateTime {
    static func set(
        _ moment: Timestamp, on time: UnsafeMutablePointer<ASN1_TIME>?
    ) throws(OpenSSLError) {
        // "2026-11-21T06:30:00.000Z" → "20261121063000Z"
        let text = String(moment.rfc3339.prefix(19).filter { ("0"..."9").contains($0) }) + "Z"
        guard ASN1_TIME_set_string_X509(time, text) == 1 else { throw OpenSSLError() }
    }

    static func read(_ time: UnsafePointer<ASN1_TIME>?) throws(OpenSSLError) -> Timestamp {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { throw OpenSSLError() }
        return Timestamp(milliseconds: Int64(timegm(&parts)) * 1000)
    }
}

/// What a server may be called (subjectAltName).
enum AlternativeNames {
    static func read(_ certificate: OpaquePointer) -> (names: [String], addresses: [String]) {
        var found: (names: [String], addresses: [String]) = ([], [])
        guard let stack = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return found
        }
        let list = OpaquePointer(stack)
        defer { GENERAL_NAMES_free(list) }
        for index in 0..<OPENSSL_sk_num(list) {
            guard let element = OPENSSL_sk_value(list, index) else { continue }
            let name = element.assumingMemoryBound(to: GENERAL_NAME.self)
            var kind: Int32 = 0
            guard let value = GENERAL_NAME_get0_value(name, &kind) else { continue }
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
            if kind == GEN_DNS {
                found.names.append(String(decoding: bytes, as: UTF8.self))
            } else if kind == GEN_IPADD, let address = IPAddressText.text(Array(bytes)) {
                found.addresses.append(address)
            }
        }
        return found
    }

    /// - Parameter addresses: what is no IP address is left out.
    static func add(
        names: [String], addresses: [String], to certificate: OpaquePointer
    ) throws(OpenSSLError) {
        guard let list = OPENSSL_sk_new_null() else { throw OpenSSLError() }
        defer { GENERAL_NAMES_free(list) }
        for name in names {
            try append(Array(name.utf8), V_ASN1_IA5STRING, GEN_DNS, to: list)
        }
        for bytes in addresses.compactMap(IPAddressText.bytes) {
            try append(bytes, V_ASN1_OCTET_STRING, GEN_IPADD, to: list)
        }
        guard OPENSSL_sk_num(list) > 0 else { return }
        let raw = UnsafeMutableRawPointer(list)
        guard X509_add1_ext_i2d(certificate, NID_subject_alt_name, raw, 0, 0) == 1 else {
            throw OpenSSLError()
        }
    }

    private static func append(
        _ bytes: [UInt8], _ type: Int32, _ kind: Int32, to list: OpaquePointer
    ) throws(OpenSSLError) {
        guard let name = GENERAL_NAME_new(), let string = ASN1_STRING_type_new(type),
            ASN1_STRING_set(string, bytes, Int32(bytes.count)) == 1
        else { throw OpenSSLError() }
        GENERAL_NAME_set0_value(name, kind, string)
        guard OPENSSL_sk_push(list, name) > 0 else { throw OpenSSLError() }
    }
}

/// IP addresses between text and network bytes.
enum IPAddressText {
    static func bytes(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return bytes }
        return nil
    }

    static func text(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(family, bytes, &text, 64) != nil else { return nil }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
