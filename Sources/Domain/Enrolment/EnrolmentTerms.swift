/// The words of enrolment on the wire; both ends use them.
package enum EnrolmentTerms {
    /// Of the TLS exporter (RFC 5705), 32 bytes.
    package static let exporterLabel = "EXPORTER-lineside-enrol"
    package static let exporterLength = 32
    /// DER. RSA with 4096 bits and some attributes takes 1.2 KiB.
    package static let maximumRequestSize = 4_096
    /// The JSON around it, facts and all.
    package static let maximumBodySize = 16_384

    package static let enrolPath = "/.well-known/est/simpleenroll"
    package static let renewPath = "/.well-known/est/simplereenroll"
    package static let authoritiesPath = "/.well-known/est/cacerts"
    package static let helloPath = "/.well-known/lineside/hello"

    /// How many seconds a device that waits for a person's yes is to wait before it asks again.
    package static let retrySeconds = 10

    /// What both ends put into the HMAC that lets a device in.
    package static func enrolMessage(exporter: [UInt8], requestDigest: [UInt8]) -> [UInt8] {
        exporter + requestDigest
    }

    /// What the appliance proves to a device that holds a typed code.
    package static func helloMessage(exporter: [UInt8], nonce: [UInt8]) -> [UInt8] {
        Array("lineside hello".utf8) + exporter + nonce
    }
}
