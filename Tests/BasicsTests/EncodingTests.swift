import Basics
import Testing

@Suite("Encodings") struct EncodingTests {
    @Test("Bytes survive base64url and hex", arguments: 0..<40)
    func survives(count: Int) {
        let bytes = Randomness.bytes(count)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(Base64URL.decode(Base64URL.encodeClassic(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }

    @Test("Two texts never mean the same bytes")
    func canonical() {
        #expect(Base64URL.decode("QQ") == [0x41])
        #expect(Base64URL.decode("QR") == nil)
        #expect(Base64URL.decode("Q") == nil)
    }

    @Test("Percent coding refuses broken codes, NUL and what is not UTF-8")
    func percent() {
        #expect(PercentCoding.decode("a%20b%C3%A9") == "a bé")
        #expect(PercentCoding.decode("a+b", plusIsSpace: true) == "a b")
        for bad in ["%", "%2", "%zz", "%00", "%C3"] { #expect(PercentCoding.decode(bad) == nil) }
        #expect(PercentCoding.encode("a b/é") == "a%20b%2F%C3%A9")
    }

    @Test("Ids are made of what ids may be made of")
    func identifiers() {
        #expect(Identifier<Int>(Identifier<Int>.random().text) != nil)
        #expect(Identifier<Int>("short") == nil)
        #expect(Identifier<Int>("UPPERCASE0000000000") == nil)
    }
}
