import { type Weights, weigh } from './executor/weights.ts'

/** What executing an operation gave: an object by the client's keys, or null. */
export type Data = Readonly<Record<string, unknown>> | null

/**
 * The data of an answer, as JSON text and as objects. Whoever makes it has one of the two; the other is made when
 * somebody first asks for it, so an answer nobody looks into goes from the executor to the socket as text.
 */
export class ResultData {
  #text: string | undefined
  #value: Data | undefined
  readonly #weigh: ((weights: Weights) => number | undefined) | undefined

  private constructor(
    text: string | undefined,
    value: Data | undefined,
    weighIt?: (weights: Weights) => number | undefined,
  ) {
    this.#text = text
    this.#value = value
    this.#weigh = weighIt
  }

  /**
   * @param text JSON of an object or null
   * @param weighIt tells what the data weighs without reading the text, which was 9 % of a storefront's page
   */
  static ofText(text: string, weighIt?: (weights: Weights) => number | undefined): ResultData {
    return new ResultData(text, undefined, weighIt)
  }

  static of(value: Data): ResultData {
    return new ResultData(undefined, value)
  }

  get isNull(): boolean {
    return this.#value === undefined ? this.#text === 'null' : this.#value === null
  }

  /** Sums the weights of what is in the data. */
  weigh(weights: Weights): number {
    return this.#weigh?.(weights) ?? weigh(this.value ?? {}, weights)
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#value ?? null)
    return this.#text
  }

  get value(): Data {
    if (this.#value === undefined) this.#value = JSON.parse(this.text) as Data
    return this.#value
  }

  /** So that a result is the same JSON whoever writes it. */
  toJSON(): Data {
    return this.value
  }
}

/** Data of what was executed and gave nothing. */
export const noData: ResultData = ResultData.of(null)
