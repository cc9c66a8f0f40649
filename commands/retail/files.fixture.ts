/** A file as people have it, and what comes of it: the products in it, the refused lines, or why it can't be used at all. */
export type FileCase = {
  readonly title: string
  readonly bytes: Uint8Array
  readonly encoding?: string
  /** Products as `sku name minor-price currency`, with `×units` if there are any. */
  readonly products?: readonly string[]
  /** Refused lines as `line reason: detail`, each as far as the case cares. */
  readonly refused?: readonly string[]
  readonly unusable?: RegExp
}

const bytesOf = {
  'utf-8': (text: string) => Buffer.from(text),
  'utf-16le': (text: string) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text: string) => Buffer.from(text, 'utf16le').swap16(),
}

/** The bytes of a text in an encoding; of those with one byte a character in the order that their decoder gives. */
export const encoded = (text: string, encoding: string): Uint8Array => {
  if (encoding === 'utf-8') return bytesOf[encoding](text)
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return bytesOf[encoding](text)
  const characters = new TextDecoder(encoding).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))
  return Uint8Array.from(text, character => characters.indexOf(character))
}

/** A product list in UTF-8 with a header and these lines. */
const list = (...lines: readonly string[]) =>
  encoded(['sku,name,price,currency', ...lines, ''].join('\n'), 'utf-8')

const text = (text: string, encoding = 'utf-8') => encoded(text, encoding)
const header = 'sku,name,price,currency'

/** What the bytes of a file mean. */
export const encodings: readonly FileCase[] = [
  { title: 'UTF-8', bytes: list('A,Käse 🧀,1.50,EUR'), products: ['A Käse 🧀 150 EUR'] },
  {
    title: 'UTF-8 with a mark and quotes in the header',
    bytes: text('\ufeff"sku","name","price","currency"\nA,Käse,1.50,EUR\n'),
    products: ['A Käse 150 EUR'],
  },
  ...['utf-16le', 'utf-16be'].flatMap(encoding => [
    {
      title: `${encoding} with a mark`,
      bytes: text(`\ufeff${header}\nA,Käse 🧀,1.50,EUR\n`, encoding),
      products: ['A Käse 🧀 150 EUR'],
    },
    {
      title: `${encoding} without a mark`,
      bytes: text(`${header}\nA,Ελιές,1.50,EUR\n`, encoding),
      products: ['A Ελιές 150 EUR'],
    },
    {
      title: `${encoding} that ends in the middle of a character`,
      bytes: text(`\ufeff${header}\nA,Mug,1.50,EUR\nB,Bowl,2.50,EUR`, encoding).slice(0, -1),
      products: ['A Mug 150 EUR'],
      refused: ['3 unreadable character'],
    },
  ]),
  {
    title: 'Windows-1252',
    bytes: text(
      `${header}\nA,Crème brûlée – “été” à 5 €,1.50,EUR\nB,Ø Þýða Größe ½l Rock´n´Roll,2.50,EUR\n`,
      'windows-1252',
    ),
    products: ['A Crème brûlée – “été” à 5 € 150 EUR', 'B Ø Þýða Größe ½l Rock´n´Roll 250 EUR'],
  },
  {
    title: 'Windows-1252 with one letter beyond ASCII',
    bytes: text(`${header}\nA,Café,1.50,EUR\n`, 'windows-1252'),
    products: ['A Café 150 EUR'],
  },
  {
    title: 'Windows-1252 in the words of many languages',
    bytes: text(
      `${header}\nA,naïve Señor’s CAFÉ l’été AÑO,1,EUR\nB,Œuvre ½ m² 10 µm n°5 Mug® «à»,1,EUR\nC,Straße ÅÄÖ æøå São Þór ção,1,EUR\n`,
      'windows-1252',
    ),
    products: [
      'A naïve Señor’s CAFÉ l’été AÑO 100 EUR',
      'B Œuvre ½ m² 10 µm n°5 Mug® «à» 100 EUR',
      'C Straße ÅÄÖ æøå São Þór ção 100 EUR',
    ],
  },
  {
    title: 'the Unicode text of Excel',
    bytes: text('\ufeffSKU\tName\tPrice\tCurrency\r\nA\tMug, red\t"1.234,50"\tEUR\r\n', 'utf-16le'),
    products: ['A Mug, red 123450 EUR'],
  },
  {
    title:
      'UTF-8 with a mark, as lists of refused lines have it, if the encoding of the file before is named',
    bytes: text(`\ufeffline,reason,${header}\n3,bad,A,Кружка,1.50,EUR\n`),
    encoding: 'windows-1251',
    products: ['A Кружка 150 EUR'],
  },
  {
    title: 'UTF-8 with two marks',
    bytes: text(`\ufeff\ufeff${header}\nA,Mug,1,EUR\n`),
    products: ['A Mug 100 EUR'],
  },
  {
    title: 'UTF-8 with a damaged line',
    bytes: Buffer.concat([
      list('A,Käse,1.50,EUR', 'B,Öl,2,EUR'),
      Buffer.from('C,Cr\xe8me,3,EUR\nD,Mug,4,EUR\n', 'latin1'),
    ]),
    products: ['A Käse 150 EUR', 'B Öl 200 EUR', 'D Mug 400 EUR'],
    refused: ['4 unreadable character'],
  },
  {
    title: 'UTF-8 that an earlier program damaged',
    bytes: list('A,Caf\ufffd,1.50,EUR', 'B,Mug,1,EUR'),
    products: ['B Mug 100 EUR'],
    refused: ['2 unreadable character'],
  },
  {
    title: 'UTF-8 that ends in the middle of a character',
    bytes: list('A,Mug,1.50,EUR', 'B,Käse,2,EUR').slice(0, -'se,2,EUR\n'.length - 1),
    products: ['A Mug 150 EUR'],
    refused: ['3 unreadable character'],
  },
  {
    title: 'an unpaired surrogate in UTF-16',
    bytes: Buffer.concat([
      text(`\ufeff${header}\nA,`, 'utf-16le'),
      Buffer.from([0x3d, 0xd8]),
      text('x,1,EUR\nB,Mug,1,EUR\n', 'utf-16le'),
    ]),
    products: ['B Mug 100 EUR'],
    refused: ['2 unreadable character'],
  },
  ...[
    ['windows-1251', 'Чайник'],
    ['windows-1251', 'Чай'],
    ['koi8-r', 'Чайник'],
    ['windows-1253', 'Ελιές'],
    ['windows-1255', 'ספל'],
    ['windows-1256', 'كوب'],
    ['windows-874', 'แก้ว'],
    ['windows-1250', 'Łódź żółty'],
    ['macintosh', 'Crème brûlée'],
    ['ibm866', 'Чайник'],
    ['iso-8859-15', 'Tee für 5 €'],
  ].map(([encoding = '', name]) => ({
    title: `${encoding}, which is not recognised`,
    bytes: text(`${header}\nA,Mug,1,EUR\nB,${name},1,EUR\n`, encoding),
    unusable:
      /neither UTF-8 nor Windows-1252 \(line 3\): save it as UTF-8, or name its encoding with --encoding/,
  })),
  {
    title: 'Shift_JIS, which is not recognised',
    bytes: Buffer.concat([text(`${header}\nA,`), Buffer.from('8365835883672c312c4a50590a', 'hex')]),
    unusable: /neither UTF-8 nor Windows-1252 \(line 2\)/,
  },
  {
    title: 'GBK, which is not recognised',
    bytes: Buffer.concat([text(`${header}\nA,`), Buffer.from('b2e8bad02c312c434e590a', 'hex')]),
    unusable: /neither UTF-8 nor Windows-1252 \(line 2\)/,
  },
  {
    title: 'windows-1251 by its name',
    bytes: text(`${header}\nA,Чайник,1,RUB\n`, 'windows-1251'),
    encoding: 'windows-1251',
    products: ['A Чайник 100 RUB'],
  },
  {
    title: 'Shift_JIS by its name',
    bytes: Buffer.concat([text(`${header}\nA,`), Buffer.from('8365835883672c312c4a50590a', 'hex')]),
    encoding: 'shift_jis',
    products: ['A テスト 1 JPY'],
  },
  ...[
    ['a gzip archive', '\x1f\x8b\x08', /gzip archive: unpack it first/],
    ['an Excel workbook', 'PK\x03\x04', /Excel workbook or a ZIP archive: save the sheet as “CSV UTF-8”/],
    ['an old Excel workbook', '\xd0\xcf\x11\xe0\xa1\xb1', /Excel workbook: save the sheet/],
    ['a PDF', '%PDF-1.7', /a PDF/],
    ['a page that says there is no file', '<!DOCTYPE html><html>', /HTML or XML page/],
    ['JSON', '[{"sku": "A"}]', /JSON: give a CSV file/],
    ['UTF-32', '\xff\xfe\x00\x00s\x00\x00\x00', /UTF-32: save it as UTF-8/],
    ['noughts', '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', /no text file/],
    ['nothing', '', /is empty/],
    ['a header and nothing else', header, /no lines below its header/],
    ['a header and empty lines', `${header}\n\n,,,\n \n`, /no lines below its header/],
    ['blank lines', '\n\n \n', /has no header/],
  ].map(([title, start, unusable]) => ({
    title: String(title),
    bytes: Buffer.from(String(start), 'latin1'),
    unusable: new RegExp(unusable ?? ''),
  })),
]

/** How a file is divided into lines and columns. */
export const forms: readonly FileCase[] = [
  ...[
    [';', 'semicolons', '12,50'],
    ['\t', 'tabs', '12,50'],
    ['|', 'bars', '12,50'],
    [',', 'commas', '"12,50"'],
  ].map(([separator = '', title, price = '']) => ({
    title: `${title} and a decimal comma`,
    bytes: text(
      [header.replaceAll(',', separator), ['A', 'Mug', price, 'EUR'].join(separator), ''].join('\n'),
    ),
    products: ['A Mug 1250 EUR'],
  })),
  {
    title: 'a first line that names the separator',
    bytes: text('\ufeffsep=;\r\nsku;name;price;currency\r\nA;Mug, red;12,50;EUR\r\nB;Bowl;cheap;EUR\r\n'),
    products: ['A Mug, red 1250 EUR'],
    refused: ['4 unusable price: “cheap” is no number.'],
  },
  {
    title: 'another order, capitals, blanks, quotes and columns of no use',
    bytes: text('PRICE,"Sku ",, CURRENCY ,Image_URL,notes,notes,N-A-M-E\n1.50,A,x,EUR,,y,z,Mug\n'),
    products: ['A Mug 150 EUR'],
  },
  {
    title: 'full-width letters in the header',
    bytes: text('ｓｋｕ,ｎａｍｅ,ｐｒｉｃｅ,ｃｕｒｒｅｎｃｙ\nA,Mug,1,EUR\n'),
    products: ['A Mug 100 EUR'],
  },
  {
    title: 'a header over two lines',
    bytes: text('sku,"na\nme",price,currency\nA,Mug,1,EUR\nB,Bowl,x,EUR\n'),
    products: ['A Mug 100 EUR'],
    refused: ['4 unusable price'],
  },
  ...['price', 'PRICE', ' Price '].map(twice => ({
    title: `a column twice, as price and ${JSON.stringify(twice)}`,
    bytes: text(`sku,name,price,currency,${twice}\nA,Mug,1,EUR,2\n`),
    unusable: /has the column price twice: remove one of the two/,
  })),
  {
    title: 'columns that lack',
    bytes: text('sku;price\nA;1\n'),
    unusable: /lacks the columns name, currency/,
  },
  ...['\n', '\r\n', '\r'].map(end => ({
    title: `lines that end with ${JSON.stringify(end)}, some empty, the last without an end`,
    bytes: text(['', header, '', 'A,"Mug', 'red",1,EUR', ',,,', 'B,Bowl,cheap,EUR', 'C,Jug,2,EUR'].join(end)),
    products: [`A Mug${end}red 100 EUR`, 'C Jug 200 EUR'],
    refused: ['7 unusable price'],
  })),
  {
    title: 'a quote that is not closed',
    bytes: list('A,Mug,1,EUR', 'B,"Bowl,2,EUR', 'C,Jug,3,EUR', 'D,"Jar",4,EUR'),
    products: ['A Mug 100 EUR', 'C Jug 300 EUR', 'D Jar 400 EUR'],
    refused: ['3 bad quote: A quote is opened and not closed.'],
  },
  {
    title: 'a quote that is not closed before an inch mark',
    bytes: list('A,"Mug,1,EUR', 'B,Bowl,2,EUR', 'C,TV 40",3,EUR'),
    products: ['B Bowl 200 EUR', 'C TV 40" 300 EUR'],
    refused: ['2 bad quote: A quote is opened and not closed.'],
  },
  {
    title: 'two quotes that are not closed',
    bytes: list('A,"Mug,1,EUR', 'B,"Bowl,2,EUR', 'C,Jug,3,EUR'),
    products: ['C Jug 300 EUR'],
    refused: ['2 bad quote', '3 bad quote'],
  },
  {
    title: 'a quote that is not closed in the last line',
    bytes: list('A,Mug,1,EUR', 'B,Bowl,2,"EUR'),
    products: ['A Mug 100 EUR'],
    refused: ['3 bad quote'],
  },
  {
    title: 'a quote inside a value in quotes',
    bytes: list('A,"Mug 5" tall",1,EUR', 'B,"Bowl 5"" wide",2,EUR', 'C,Jug 5" high,3,EUR'),
    products: ['B Bowl 5" wide 200 EUR', 'C Jug 5" high 300 EUR'],
    refused: ['2 bad quote: A value goes on after its closing quote'],
  },
  {
    title: 'blanks around quotes',
    bytes: list('A, "Mug, red" ,1,EUR'),
    products: ['A Mug, red 100 EUR'],
  },
  {
    title: 'a long description over several lines, with separators and quotes',
    bytes: text(
      'sku,name,price,currency,description\nA,Mug,1,EUR,"Red, green, ""blue"", or grey.\n\n- wash, dry, iron, fold\n"\nB,Bowl,cheap,EUR,\n',
    ),
    products: ['A Mug 100 EUR'],
    refused: ['6 unusable price'],
  },
  {
    title: 'a line of 100,000 characters',
    bytes: list(`A,${'M'.repeat(100_000)},1,EUR`, 'B,Bowl,2,EUR'),
    products: ['B Bowl 200 EUR'],
    refused: ['2 line too long: It has 100008 characters, and 65536 is the most.'],
  },
  {
    title: 'a name with 60,000 blanks in it, and one of 60,000 letters in Windows-1252',
    bytes: text(
      `${header}\nA,M${' '.repeat(60_000)}ug,x,EUR\nB,é${'m'.repeat(60_000)},x,EUR\n`,
      'windows-1252',
    ),
    products: [],
    refused: ['2 unusable price', '3 unusable price'],
  },
  {
    title: 'a NUL and another control character',
    bytes: list('A,M\0ug,1,EUR', 'B,Bo\x07wl,1,EUR', 'C,Jug,1,EUR\x1a'),
    products: [],
    refused: [
      '2 control character: It holds U+0000.',
      '3 control character: It holds U+0007.',
      '4 control character',
    ],
  },
  {
    title: 'the end mark of DOS',
    bytes: text(`${header}\r\nA,Mug,1,EUR\r\n\x1a`),
    products: ['A Mug 100 EUR'],
  },
  {
    title: 'more values than columns, and fewer',
    bytes: list('A,Mug,12,50,EUR', 'B,Bowl,1,EUR,,', 'C,Jug,1', 'D'),
    products: ['B Bowl 100 EUR'],
    refused: [
      '2 too many values: It has 5 values for 4 columns: put a value that holds “,” into quotes.',
      '4 unusable currency: It is empty.',
      '5 unusable name: It is empty.',
    ],
  },
  {
    title: 'columns at the end that a line leaves out',
    bytes: text(`${header},description,available\nA,Mug,1,EUR\nB,Bowl,1,EUR,Deep\n`),
    products: ['A Mug 100 EUR', 'B Bowl 100 EUR'],
  },
]

/** What values people write. */
export const valuesOfProducts: readonly FileCase[] = [
  {
    title: 'skus that Excel keeps as text, with leading zeros, and with invisible marks around them',
    bytes: list(
      '="00123",Mug,1,EUR',
      '"=""00124""",Bowl,1,EUR',
      '00125,Jug,1,EUR',
      '\u200e\u202aA-1\u202c\u00a0,Jar,1,EUR',
    ),
    products: ['00123 Mug 100 EUR', '00124 Bowl 100 EUR', '00125 Jug 100 EUR', 'A-1 Jar 100 EUR'],
  },
  {
    title: 'other alphabets, right-to-left text, joined emoji and flags',
    bytes: list('杯-1,マグカップ,1,JPY', 'كوب,كوب أحمر,1,KWD', 'A,👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿,1,EUR'),
    products: ['杯-1 マグカップ 1 JPY', 'كوب كوب أحمر 1000 KWD', 'A 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 100 EUR'],
  },
  {
    title: 'accents that combine, so that one sku stays one',
    bytes: list('CAFE\u0301,Cafe\u0301,1,EUR', 'CAF\u00c9,Mug,2,EUR'),
    products: ['CAF\u00c9 Caf\u00e9 100 EUR'],
    refused: ['3 sku a second time: Line 2 has the sku CAFÉ too.'],
  },
  {
    title: 'values that are blank, and a sku again at another price',
    bytes: list(',Mug,1,EUR', 'A, \u00a0,1,EUR', 'B,Bowl,,EUR', 'C,Jug,1,', 'D,Jar,1,EUR', 'D,Jar,2,EUR'),
    products: ['D Jar 100 EUR'],
    refused: [
      '2 unusable sku: It is empty.',
      '3 unusable name: It is empty.',
      '4 unusable price: It is empty.',
      '5 unusable currency: It is empty.',
      '7 sku a second time: Line 6 has the sku D too.',
    ],
  },
  {
    title: 'currencies in small letters, and what is none',
    bytes: list('A,Mug,1,eur', 'B,Bowl,1,EURO', 'C,Jug,1,€', 'D,Jar,1,XAU', 'E,Cup,1,XXX'),
    products: ['A Mug 100 EUR'],
    refused: [
      '3 unusable currency: “EURO” is no currency of ISO 4217, such as EUR.',
      '4 unusable currency',
      '5 unusable currency',
      '6 unusable currency',
    ],
  },
  {
    title: 'units in stock',
    bytes: text(
      `${header},available\nA,Mug,1.5,EUR,3\nB,Bowl,1,EUR,4.0\nC,Jug,1,EUR,4.5\nD,Jar,1,EUR,-1\nE,Cup,1,EUR,1e3\nF,Tin,1,EUR,3000000000\nG,Pan,1,EUR,"1,200"\nH,Pot,1,EUR,\n`,
    ),
    products: ['A Mug 150 EUR ×3', 'B Bowl 100 EUR ×4', 'G Pan 100 EUR ×1200', 'H Pot 100 EUR'],
    refused: [
      '4 unusable available: “4.5” is no whole number.',
      '5 unusable available: “-1” is less than 0.',
      '6 unusable available: “1e3” is no number.',
      '7 unusable available: “3000000000” is beyond 2147483647.',
    ],
  },
]

/** A file with one price: what it is in minor units, or why it is refused. */
export const prices: readonly (readonly [price: string, currency: string, minor: number | string])[] = [
  ['1500', 'JPY', 1_500],
  ['1.250', 'KWD', 1_250],
  ['12.5', 'EUR', 1_250],
  ['12', 'EUR', 1_200],
  ['0', 'EUR', 0],
  ['.5', 'EUR', 50],
  ['007.50', 'EUR', 750],
  ['1250.00', 'HUF', 125_000],
  ['25000000', 'IDR', 2_500_000_000],
  ['1.255', 'KWD', 1_255],
  ['0.125', 'EUR', '0.125 has 3 decimals, and EUR has 2.'],
  ['1500.5', 'JPY', '1500.5 has 1 decimal, and JPY has none.'],
  ['1.2345', 'KWD', '1.2345 has 4 decimals, and KWD has 3.'],
  ['2.5500', 'EUR', 255],
  ['1500.00', 'JPY', 1_500],
  ['1.234,56', 'EUR', 123_456],
  ['1,234.56', 'EUR', 123_456],
  ['1 234,56', 'EUR', 123_456],
  ['1\u00a0234,56', 'EUR', 123_456],
  ['1\u202f234,56', 'EUR', 123_456],
  ['1\u2009234.56', 'EUR', 123_456],
  ["1'234.50", 'CHF', 123_450],
  ['1’234.50', 'CHF', 123_450],
  ['12,5', 'EUR', 1_250],
  ['1.234.567', 'EUR', 123_456_700],
  ['1,234,567', 'EUR', 123_456_700],
  ['12,34,567.50', 'INR', 123_456_750],
  ['1 234', 'EUR', 123_400],
  ['1,500', 'JPY', 1_500],
  ['1.250', 'EUR', '“1.250” can mean 1250 or 1.25: write the one that is meant.'],
  ['1,250', 'EUR', '“1,250” can mean 1250 or 1.25: write the one that is meant.'],
  ['1,250', 'KWD', '“1,250” can mean 1250 or 1.25: write the one that is meant.'],
  ['1.500', 'JPY', '“1.500” can mean 1500 or 1.5: write the one that is meant.'],
  ['1,23.4', 'EUR', '“1,23.4” is no number.'],
  ['1.2.3', 'EUR', '“1.2.3” is no number.'],
  ['1 2', 'EUR', '“1 2” is no number.'],
  ['£2.55', 'GBP', 255],
  ['2.55 EUR', 'EUR', 255],
  ['eur 2,55', 'EUR', 255],
  ['5 €', 'EUR', 500],
  ['$5', 'USD', 500],
  ['US$5', 'USD', 500],
  ['1 000 kr', 'SEK', 100_000],
  ['$5', 'EUR', '“$5” is no amount in EUR.'],
  ['2.55 USD', 'EUR', '“2.55 USD” is no amount in EUR.'],
  ['-1', 'EUR', '“-1” is less than 0.'],
  ['\u22121', 'EUR', '“\u22121” is less than 0.'],
  ['(1)', 'EUR', '“(1)” is no amount in EUR.'],
  ['1e3', 'EUR', '“1e3” is no number.'],
  ['0x10', 'EUR', '“0x10” is no number.'],
  ['NaN', 'EUR', '“NaN” is no number.'],
  ['Infinity', 'EUR', '“Infinity” is no number.'],
  ['cheap', 'EUR', '“cheap” is no number.'],
  [`1${'0'.repeat(60)}1`, 'EUR', `“1${'0'.repeat(39)}…” is no number.`],
  [`£2.55${' '.repeat(60)}1`, 'GBP', '…” is no number.'],
  ['٣', 'EUR', '“٣” is no number.'],
  ['90071992547409.92', 'EUR', '90071992547409.92 is more than 9007199254740991'],
  ['99999999999999999999999', 'EUR', 'is more than 9007199254740991'],
]
