/** What a text encoder is taught by: whole texts in, one vector each out, in any directions and of any width. */
export interface Teacher {
  /** As it is printed and written into the file: "energetic", "word vectors glove.vec.gz". */
  name: string
  width: number
  /** Does it know enough of this text to say what it means? */
  understands(text: string): boolean
  /**
   * @param onText told how many are done
   * @returns (texts, width), in the texts' order
   */
  encode(texts: readonly string[], onText?: (done: number) => void): Promise<Float32Array>
  /** Words that it knows well, of any shop: they teach the encoder what shoppers write and the catalogue does not. */
  words: readonly string[]
}
