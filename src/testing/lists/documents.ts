/** Hex digits of a digest of that many bytes. */
export const hex = (bytes: number, digits = 'a1') => digits.repeat(bytes);

/** A Metalink 4 document around some elements. */
export const metalink = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n${inside}\n</metalink>\n`;

/** Of one file, with an address and whatever else. */
export const fileOf = (name: string, more = '') =>
  metalink(`<file name="${name}"><url>https://example.org/f</url>${more}</file>`);

/** As the mirror redirectors of distributions write it for an image: version 4, with pieces, torrents and a signature. */
export const IMAGE = `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <generator>MirrorThing/1.0</generator>
  <origin dynamic="true">https://download.example.org/dist/live.iso.meta4</origin>
  <published>2026-04-08T02:51:30Z</published>
  <publisher>
    <name>Example Project</name>
    <url>https://www.example.org</url>
  </publisher>

  <file name="live.iso">
    <size>10000000</size>
    <!-- <hash type="md5">not this</hash> -->
    <hash type="md5">${hex(16)}</hash>
    <hash type="sha-1">${hex(20)}</hash>
    <hash type="sha-256">
      ${hex(32, 'A1')}
    </hash>
    <hash type="sha3-256">${hex(32)}</hash>
    <signature mediatype="application/pgp-signature">
-----BEGIN PGP SIGNATURE-----
iQEzBAABCAAdFiEE${'x'.repeat(20_000)}
-----END PGP SIGNATURE-----
    </signature>
    <pieces length="4194304" type="sha-1">
      <hash>${hex(20, '00')}</hash>
      <hash>${hex(20, '11')}</hash>
      <hash>${hex(20, '22')}</hash>
    </pieces>
    <pieces length="4194304" type="sha-256">
      <hash>${hex(32, '00')}</hash>
      <hash>${hex(32, '11')}</hash>
      <hash>${hex(32, '22')}</hash>
    </pieces>
    <metaurl mediatype="torrent" priority="1">https://download.example.org/dist/live.iso.torrent</metaurl>
    <!-- Mirrors that are far away: -->
    <url location="nz" priority="3">https://nz.example.net/dist/live.iso</url>
    <url location="de" priority="1">http://de.example.net/dist/live.iso?a=1&amp;b=2</url>
    <url location="de">https://last.example.net/dist/live.iso</url>
    <url location="de" priority="2">ftp://ftp.example.net/dist/live.iso</url>
    <url location="fr" priority="2"><![CDATA[https://fr.example.net/dist/live.iso]]></url>
  </file>
</metalink>
`;

/** As mirror managers write it for the index of a repository: version 3, with extensions in between. */
export const INDEX = `<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic"
 pubdate="Wed, 08 Apr 2026 11:13:17 GMT" generator="mirrorthing" xmlns:mm0="http://mirrors.example.org/mm0">
 <files>
  <file name="repomd.xml">
   <mm0:timestamp>1775645000</mm0:timestamp>
   <size>5110</size>
   <verification>
    <hash type="md5">${hex(16)}</hash>
    <hash type="sha256">${hex(32)}</hash>
    <pieces length="4096" type="sha1">
     <hash piece="0">${hex(20, '00')}</hash>
     <hash piece="1">${hex(20, '11')}</hash>
    </pieces>
   </verification>
   <mm0:alternates>
    <mm0:alternate>
     <mm0:timestamp>1775000000</mm0:timestamp>
     <size>4999</size>
     <verification>
      <hash type="sha256">${hex(32, 'ff')}</hash>
     </verification>
    </mm0:alternate>
   </mm0:alternates>
   <resources maxconnections="1">
    <url protocol="rsync" type="rsync" location="DE" preference="100">rsync://de.example.net/repodata/repomd.xml</url>
    <url protocol="http" type="http" location="US" preference="98">http://us.example.net/repodata/repomd.xml</url>
    <url protocol="https" type="https" location="DE" preference="99">https://de.example.net/repodata/repomd.xml</url>
    <url type="bittorrent" preference="100">https://example.org/repomd.xml.torrent</url>
   </resources>
  </file>
 </files>
</metalink>
`;
